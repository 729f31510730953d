// Control records: what decodes is spelt in the one way that the encoder spells it.
#include "common/model/control.h"

#include "tests/fuzz/fuzz_target.h"

namespace odometer {

void TestInput(std::string_view input) {
  Result<Control> control = DecodeControl(input);
  if (!control.ok()) {
    ODOMETER_FUZZ_REQUIRE(control.status().Is(ErrorKind::kInvalid));
    return;
  }
  ODOMETER_FUZZ_REQUIRE(EncodeControl(*control) == input);
  if (control->set) {
    ODOMETER_FUZZ_REQUIRE(control->set->partition >= 0);
    ODOMETER_FUZZ_REQUIRE(control->set->aggregate.count > 0);
  }
}

}  // namespace odometer
