// A query string as the parameters of a read, and the plan that they lead to.
#include "query/parameters.h"

#include <algorithm>
#include <string>

#include "common/http/uri.h"
#include "common/model/timestamp.h"
#include "common/model/utf8.h"
#include "query/planner.h"
#include "query/raw_parameters.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

// One event in every tier; those of windows are complete only from then on.
class OneEventView : public StateView {
 public:
  OneEventView() : StateView({}) {}

  Result<WindowsAnswer> ReadWindows(const SeriesSelector&, const WindowRange& range) override {
    constexpr int64_t kEventMs = 1'700'000'000'000;
    ODOMETER_FUZZ_REQUIRE(range.size_ms >= 0 && range.bucket_ms >= 0);
    ODOMETER_FUZZ_REQUIRE(range.bucket_ms == 0 || (range.size_ms > 0 && range.bucket_ms % range.size_ms == 0));
    for (size_t i = 0; i < range.bucket_starts.size(); ++i) {
      ODOMETER_FUZZ_REQUIRE(range.size_ms > 0 && range.bucket_starts[i] % range.size_ms == 0);
      ODOMETER_FUZZ_REQUIRE((i == 0 ? range.from_ms + 1 : range.bucket_starts[i]) > range.bucket_starts[i == 0 ? 0 : i - 1]);
    }
    WindowsAnswer answer;
    if (range.size_ms != 0) answer.complete_from_ms = Tier{.size_ms = range.size_ms}.WindowStart(kEventMs);
    if (range.from_ms > kEventMs || range.to_ms < kEventMs) return answer;
    Bucket& bucket = answer.buckets.emplace_back();
    bucket.start_ms = range.BucketOf(kEventMs);
    bucket.aggregate.Add(Number::Of(int64_t{1}), kEventMs, {}, false);
    answer.cut = range.to_ms == kEventMs;
    return answer;
  }
  Result<SeriesPage> ReadTotals(const SeriesSelector&, const std::string&, size_t) override { return SeriesPage(); }
  Result<Cardinality> ReadCardinality(const std::optional<std::string>&, size_t) override { return Cardinality(); }
  Result<EventsPage> ReadEvents(const EventsQuery&) override { return EventsPage(); }
};

void RequireSound(const MetricQuery& query) {
  ODOMETER_FUZZ_REQUIRE(!query.key.empty() && IsValidUtf8(query.key));
  ODOMETER_FUZZ_REQUIRE(!query.period || query.period->fixed_ms().value_or(1) > 0);
  for (std::optional<int64_t> ms : {query.from_ms, query.to_ms}) {
    ODOMETER_FUZZ_REQUIRE(!ms || (*ms >= kMinTimestampMs - 1 && *ms <= kMaxTimestampMs + 1));
  }
  for (size_t i = 0; i < query.labels.size(); ++i) {
    const auto& [name, value] = query.labels[i];
    ODOMETER_FUZZ_REQUIRE(!name.empty() && IsValidUtf8(name) && IsValidUtf8(value));
    ODOMETER_FUZZ_REQUIRE(i == 0 || query.labels[i - 1].first < name);
  }
}

void RequireAnswer(const BadParameter& bad) {
  ODOMETER_FUZZ_REQUIRE(!bad.field.empty() && !bad.message.empty());
  ODOMETER_FUZZ_REQUIRE(BadParameterResponse(bad).status == 400);
}

}  // namespace

void TestInput(std::string_view text) {
  http::Request request;
  if (!http::ParseTarget("/metric?" + std::string(text), &request).ok()) return;

  ReadConditions conditions;
  if (auto bad = ParseReadConditions(request, "metrics.events", &conditions)) RequireAnswer(*bad);

  RawQuery raw;
  if (auto bad = ParseRawQuery(request, &raw)) {
    RequireAnswer(*bad);
  } else {
    ODOMETER_FUZZ_REQUIRE(raw.events.from_ms <= raw.events.to_ms && raw.limit != 0u);
    if (raw.events.after) ODOMETER_FUZZ_REQUIRE(ParsePlace(PlaceText(*raw.events.after)) == raw.events.after);
  }

  MetricQuery query;
  if (auto bad = ParseMetricQuery(request, &query)) return RequireAnswer(*bad);
  RequireSound(query);
  OneEventView view;
  for (bool total : {true, false}) {
    TierSet tiers = TierSet::Default();
    tiers.total = total;
    const RangeQuery range{.selector = {}, .from_ms = query.from_ms, .to_ms = query.to_ms, .period = query.period};
    Result<RangeAnswer> answer = ReadRange(tiers, &view, range);
    ODOMETER_FUZZ_REQUIRE(answer.ok() || answer.status().Is(ErrorKind::kInvalid));
  }
}

}  // namespace odometer
