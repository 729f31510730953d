#include "query/kilometric.h"

#include <string>
#include <utility>

#include "common/model/views.h"
#include "query/answer.h"
#include "query/json_writer.h"
#include "query/meter_reader.h"

namespace odometer {
namespace {

const Period kDefaultPeriod = Period::Fixed(60'000);

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
    case MetricView::kSet:
      return MetricType::kSet;
  }
  return MetricType::kCounter;
}

std::optional<Period> PeriodOf(const MetricQuery& query) {
  switch (query.view) {
    case MetricView::kPoints:
    case MetricView::kGauge:
      return query.period.value_or(kDefaultPeriod);
    case MetricView::kTimer:
    case MetricView::kSet:
      return query.period;
    case MetricView::kCounter:
    case MetricView::kMeter:
      return std::nullopt;
  }
  return std::nullopt;
}

RangeQuery RangeOf(const std::string& org, const MetricQuery& query) {
  RangeQuery range{.from_ms = query.from_ms, .to_ms = query.to_ms, .period = PeriodOf(query)};
  range.selector.org = org;
  range.selector.name = query.key;
  range.selector.type = TypeOf(query.view);
  range.selector.labels = query.labels;
  return range;
}

// Of a bucket its ends, of a range without buckets the times of its first and last event.
void WriteSpan(const Bucket& bucket, const std::optional<Period>& period, JsonWriter* json) {
  const Aggregate& aggregate = bucket.aggregate;
  json->Key("from").Integer(period ? bucket.start_ms : aggregate.first_ts_ms());
  json->Key("to").Integer(period ? period->NextStart(bucket.start_ms) - 1 : aggregate.last_ts_ms());
}

void WriteTimer(const Bucket& bucket, const std::optional<Period>& period, JsonWriter* json) {
  TimerView timer = ViewAsTimer(bucket.aggregate);
  WriteSpan(bucket, period, json);
  json->Key("count").Unsigned(timer.count).Key("sum").Raw(timer.sum.ToJson());
  json->Key("min").Raw(timer.min.ToJson()).Key("max").Raw(timer.max.ToJson()).Key("mean").Double(timer.mean);
  json->Key("p50").Double(timer.p50).Key("p75").Double(timer.p75).Key("p95").Double(timer.p95);
  json->Key("p99").Double(timer.p99).Key("p999").Double(timer.p999);
}

void WriteValue(MetricView view, const Bucket& bucket, const std::optional<Period>& period, JsonWriter* json) {
  const Aggregate& aggregate = bucket.aggregate;
  json->BeginObject();
  if (view == MetricView::kTimer) {
    WriteTimer(bucket, period, json);
  } else if (view == MetricView::kSet) {
    WriteSpan(bucket, period, json);
    json->Key("count").Unsigned(aggregate.count()).Key("value").Unsigned(DistinctCount(aggregate));
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
http::Response Enveloped(const std::string& key, const RangeAnswer& range, WriteValues write_values) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Key("name").String(key).Key("values").BeginArray();
  write_values(&json);
  json.EndArray().EndObject();

  http::Response response = http::Response::Json(200, std::move(body));
  response.With("X-Odometer-Resolution-Ms", std::to_string(range.resolution_ms));
  if (range.retained_from_ms) response.With("X-Odometer-Retained-From-Ms", std::to_string(*range.retained_from_ms));
  return response;
}

}  // namespace

http::Response Kilometric::Read(const http::Request& request, StateView* view) const {
  MetricQuery query;
  if (auto bad = ParseMetricQuery(request, &query)) return BadParameterResponse(*bad);
  RangeQuery range = RangeOf(request.org, query);
  Result<RangeAnswer> read = ReadRange(tiers_, view, range);
  // A name that nobody counts may be one of raw events.
  if (read.ok() && read->buckets.empty() && range.selector.type == MetricType::kCounter) {
    range.selector.type = MetricType::kEvent;
    read = ReadRange(tiers_, view, range);
  }
  if (!read.ok()) return ErrorResponse(read.status(), range.period ? "period" : "");
  if (query.view != MetricView::kMeter) {
    return Enveloped(query.key, *read, [&](JsonWriter* json) {
      for (const Bucket& bucket : read->buckets) WriteValue(query.view, bucket, range.period, json);
    });
  }
  Result<MeterRates> rates = RatesOf(query, range, *read, view);
  if (!rates.ok()) return ErrorResponse(rates.status());
  return Enveloped(query.key, *read, [&](JsonWriter* json) {
    for (const Bucket& bucket : read->buckets) WriteMeter(bucket.aggregate, *rates, json);
  });
}

Result<MeterRates> Kilometric::RatesOf(const MetricQuery& query, const RangeQuery& range, const RangeAnswer& counted,
                                       StateView* view) const {
  if (counted.buckets.empty()) return MeterRates{};
  return ReadMeterRates(tiers_, view, range.selector, counted.buckets.front().aggregate,
                        query.to_ms.value_or(clock_->WallMs()));
}

}  // namespace odometer
