// The file that says which generation is in use: what is understood comes back from its own text.
#include "common/state/generation.h"

#include "tests/fuzz/fuzz_target.h"

namespace odometer {

void TestInput(std::string_view text) {
  Result<Generations> generations = ParseGenerations(text);
  if (!generations.ok()) {
    ODOMETER_FUZZ_REQUIRE(generations.status().Is(ErrorKind::kStop));
    return;
  }
  Result<Generations> again = ParseGenerations(GenerationsText(*generations));
  ODOMETER_FUZZ_REQUIRE(again.ok() && *again == *generations);
}

}  // namespace odometer
