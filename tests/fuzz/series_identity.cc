// Identities of series: what decodes is spelt in the one way that the encoder spells it.
#include "common/model/series.h"

#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace odometer {

void TestInput(std::string_view input) {
  const SeriesHead head = ReadSeriesHead(input);
  Result<Series> series = DecodeSeriesIdentity(input);
  if (!series.ok()) {
    ODOMETER_FUZZ_REQUIRE(series.status().Is(ErrorKind::kInvalid));
    return;
  }
  ODOMETER_FUZZ_REQUIRE(head.org == series->org && head.name == series->name);
  std::string bytes;
  EncodeSeriesIdentity(*series, &bytes);
  ODOMETER_FUZZ_REQUIRE(bytes == input);

  ODOMETER_FUZZ_REQUIRE(series->QualifiedName().ends_with(series->name));
  for (const auto& [name, value] : series->labels) ODOMETER_FUZZ_REQUIRE(series->LabelValue(name) == value);
}

}  // namespace odometer
