#include "query/kilometric.h"

#include <string>
#include <utility>

#include "common/model/views.h"
#include "query/json_writer.h"
#include "query/meter_reader.h"

namespace odometer {
namespace {

constexpr int64_t kDefaultPeriodMs = 60'000;

MetricType TypeOf(MetricView view) {
  switch (view) {
    case MetricView::kCounter:
    case MetricView::kPoints:
      return MetricType::kCounter;
    case MetricView::kGauge:
      return MetricType::kGauge;
    case MetricView::kMeter:
      return MetricType::kMeter;
    case MetricView::kTimer:
      return MetricType::kTimer;
  }
  return MetricType::kCounter;
}

int64_t BucketOf(const MetricQuery& query) {
  switch (query.view) {
    case MetricView::kPoints:
    case MetricView::kGauge:
      return query.period_ms.value_or(kDefaultPeriodMs);
    case MetricView::kTimer:
      return query.period_ms.value_or(0);
    case MetricView::kCounter:
    case MetricView::kMeter:
      return 0;
  }
  return 0;
}

RangeQuery RangeOf(const MetricQuery& query) {
  RangeQuery range{.from_ms = query.from_ms, .to_ms = query.to_ms, .bucket_ms = BucketOf(query)};
  range.selector.name = query.key;
  range.selector.type = TypeOf(query.view);
  range.selector.labels = query.labels;
  return range;
}

void WriteTimer(const Bucket& bucket, int64_t bucket_ms, JsonWriter* json) {
  const Aggregate& aggregate = bucket.aggregate;
  TimerView timer = ViewAsTimer(aggregate);
  json->Key("from").Integer(bucket_ms == 0 ? aggregate.first_ts_ms() : bucket.start_ms);
  json->Key("to").Integer(bucket_ms == 0 ? aggregate.last_ts_ms() : bucket.start_ms + bucket_ms - 1);
  json->Key("count").Unsigned(timer.count).Key("sum").Raw(timer.sum.ToJson());
  json->Key("min").Raw(timer.min.ToJson()).Key("max").Raw(timer.max.ToJson()).Key("mean").Double(timer.mean);
  json->Key("p50").Double(timer.p50).Key("p75").Double(timer.p75).Key("p95").Double(timer.p95);
  json->Key("p99").Double(timer.p99).Key("p999").Double(timer.p999);
}

void WriteValue(MetricView view, const Bucket& bucket, int64_t bucket_ms, JsonWriter* json) {
  const Aggregate& aggregate = bucket.aggregate;
  json->BeginObject();
  if (view == MetricView::kTimer) {
    WriteTimer(bucket, bucket_ms, json);
  } else if (view == MetricView::kGauge) {
    json->Key("from").Integer(bucket.start_ms).Key("value").Raw(aggregate.last().ToJson());
  } else if (view == MetricView::kPoints) {
    json->Key("from").Integer(bucket.start_ms).Key("value").Raw(aggregate.sum().ToJson());
  } else {
    json->Key("from").Integer(aggregate.first_ts_ms()).Key("to").Integer(aggregate.last_ts_ms());
    json->Key("value").Raw(aggregate.sum().ToJson());
  }
  json->EndObject();
}

void WriteMeter(const Aggregate& aggregate, const MeterRates& rates, JsonWriter* json) {
  json->BeginObject();
  json->Key("from").Integer(aggregate.first_ts_ms()).Key("to").Integer(aggregate.last_ts_ms());
  json->Key("count").Unsigned(aggregate.count()).Key("mean_rate").Double(rates.mean);
  json->Key("m1_rate").Double(rates.m1).Key("m5_rate").Double(rates.m5).Key("m15_rate").Double(rates.m15);
  json->EndObject();
}

// `write_values` writes the elements of "values".
template <typename WriteValues>
Answer Enveloped(const std::string& key, RangeAnswer range, WriteValues write_values) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Key("name").String(key).Key("values").BeginArray();
  write_values(range, &json);
  json.EndArray().EndObject();

  Answer answer{http::Response::Json(200, std::move(body)), std::move(range.position)};
  answer.response.With("X-Odometer-Resolution-Ms", std::to_string(range.resolution_ms));
  if (range.retained_from_ms) {
    answer.response.With("X-Odometer-Retained-From-Ms", std::to_string(*range.retained_from_ms));
  }
  return answer;
}

}  // namespace

Kilometric::Kilometric(TierSet tiers, StateReader* state, const Clock* clock)
    : tiers_(std::move(tiers)), state_(state), clock_(clock), planner_(tiers_, state) {}

Answer Kilometric::Read(const http::Request& request) const {
  MetricQuery query;
  if (auto bad = ParseMetricQuery(request, &query)) return {BadParameterResponse(*bad), std::nullopt};
  const RangeQuery range = RangeOf(query);
  if (query.view == MetricView::kMeter) return ReadMeter(query, range);

  Result<RangeAnswer> read = planner_.Read(range);
  if (!read.ok()) return {ErrorResponse(read.status(), range.bucket_ms == 0 ? "" : "period"), std::nullopt};
  return Enveloped(query.key, std::move(read).value(), [&](const RangeAnswer& answer, JsonWriter* json) {
    for (const Bucket& bucket : answer.buckets) WriteValue(query.view, bucket, range.bucket_ms, json);
  });
}

Answer Kilometric::ReadMeter(const MetricQuery& query, const RangeQuery& range) const {
  Result<RangeAnswer> read = planner_.Read(range);
  if (!read.ok()) return {ErrorResponse(read.status()), std::nullopt};
  MeterRates rates{};
  if (!read->buckets.empty()) {
    Result<MeterRates> computed = ReadMeterRates(tiers_, state_, range.selector, read->buckets.front().aggregate,
                                                 query.to_ms.value_or(clock_->WallMs()));
    if (!computed.ok()) return {ErrorResponse(computed.status()), std::nullopt};
    rates = *computed;
  }
  return Enveloped(query.key, std::move(read).value(), [&](const RangeAnswer& answer, JsonWriter* json) {
    for (const Bucket& bucket : answer.buckets) WriteMeter(bucket.aggregate, rates, json);
  });
}

}  // namespace odometer
