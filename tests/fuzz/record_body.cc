// Bodies of POST /data/metrics/: what is let through can be written to the log and read from it.
#include "query/record_body.h"

#include "common/model/event_decoder.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {

void TestInput(std::string_view body) {
  constexpr int64_t kNowMs = 1'700'000'000'000;
  Control::Set set;
  if (auto answer = ParseRecordBody(body, kNowMs, &set)) {
    ODOMETER_FUZZ_REQUIRE(answer->status == 400 && !answer->body.empty());
    return;
  }
  ODOMETER_FUZZ_REQUIRE(body.find('\0') == std::string_view::npos);
  const Aggregate::Parts& aggregate = set.aggregate;
  ODOMETER_FUZZ_REQUIRE(aggregate.count > 0 && !(aggregate.max < aggregate.min));
  ODOMETER_FUZZ_REQUIRE(aggregate.first_ts_ms <= aggregate.last_ts_ms);
  ODOMETER_FUZZ_REQUIRE(aggregate.last_ts_ms <= kNowMs + kMaxFutureMs);
  ODOMETER_FUZZ_REQUIRE(!set.series.name.empty() && set.series.name.size() <= kMaxNameBytes);

  const Control control{.org = set.series.org, .qualified_name = set.series.QualifiedName(), .set = set};
  const std::string bytes = EncodeControl(control);
  Result<Control> decoded = DecodeControl(bytes);
  ODOMETER_FUZZ_REQUIRE(decoded.ok());
  ODOMETER_FUZZ_REQUIRE(decoded->set && decoded->set->series == set.series);
  ODOMETER_FUZZ_REQUIRE(EncodeControl(*decoded) == bytes);
}

}  // namespace odometer
