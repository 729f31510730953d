#include "query/gauges.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/nearest_word.h"
#include "common/base/parse_integer.h"
#include "common/model/timestamp.h"
#include "query/answer.h"
#include "query/json_writer.h"
#include "query/parameters.h"
#include "query/planner.h"

namespace odometer {
namespace {

constexpr size_t kMaxGaugesAtOnce = 100;

struct GaugeQuery {
  std::vector<const Gauge*> gauges;  // of the table, as asked for
  std::optional<int64_t> start_ms;
  std::optional<int64_t> end_ms;
};

// Those that the request may see.
const std::vector<Gauge>& GaugesOf(const GaugeList& table, const http::Request& request) {
  static const std::vector<Gauge> none;
  return table.org == request.org ? table.gauges : none;
}

// Null when there is none.
const Gauge* Find(const std::vector<Gauge>& gauges, std::string_view name) {
  auto found = std::find_if(gauges.begin(), gauges.end(), [&](const Gauge& gauge) { return gauge.name == name; });
  return found == gauges.end() ? nullptr : &*found;
}

http::Response NoSuchGauge(const std::vector<Gauge>& gauges, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Gauge& gauge : gauges) names.emplace_back(gauge.name);
  const std::string nearest = NearestWord(name, names);
  return http::Response::Error(404, "not_found",
                               nearest.empty() ? "there is no gauge" : "no such gauge; the nearest is " + nearest);
}

// The names are separated by commas; one that has commas itself stands alone. A response says what is wrong.
std::optional<http::Response> FindGauges(const std::vector<Gauge>& known, std::string_view names,
                                         std::vector<const Gauge*>* gauges) {
  if (const Gauge* whole = Find(known, names)) {
    gauges->push_back(whole);
    return std::nullopt;
  }
  for (bool more = true; more;) {
    const size_t comma = names.find(',');
    more = comma != std::string_view::npos;
    const std::string_view name = names.substr(0, comma);
    if (more) names.remove_prefix(comma + 1);
    const Gauge* gauge = Find(known, name);
    if (gauge == nullptr) return NoSuchGauge(known, name);
    if (std::find(gauges->begin(), gauges->end(), gauge) != gauges->end()) continue;
    gauges->push_back(gauge);
    if (gauges->size() > kMaxGaugesAtOnce) {
      return http::Response::Error(400, "bad_parameter", "at most 100 gauges at once", "names");
    }
  }
  return std::nullopt;
}

// ms since 1970, or ISO-8601.
std::optional<BadParameter> ParseTime(const http::Request& request, std::string_view field,
                                      std::optional<int64_t>* time_ms) {
  const std::optional<std::string_view> text = request.Query(field);
  if (!text) return std::nullopt;
  std::optional<int64_t> parsed = ParseInteger<int64_t>(*text);
  if (!parsed) parsed = ParseIso8601(*text);
  if (!parsed) return BadParameter{std::string(field), std::string(field) + " must be ms since 1970, or ISO-8601"};
  *time_ms = std::clamp(*parsed, kMinTimestampMs, kMaxTimestampMs);
  return std::nullopt;
}

RangeQuery RangeOf(const std::string& org, const Gauge& gauge, const GaugeQuery& query) {
  RangeQuery range{.period = gauge.tick};
  range.selector.org = org;
  range.selector.name = gauge.name;
  range.selector.type = gauge.type;
  if (query.start_ms) range.from_ms = std::max(gauge.tick.StartOf(*query.start_ms), kMinTimestampMs);
  if (query.end_ms) {
    range.to_ms = std::min(gauge.tick.NextStart(gauge.tick.StartOf(*query.end_ms)) - 1, kMaxTimestampMs);
  }
  return range;
}

void WriteValues(const Gauge& gauge, const RangeAnswer& answer, JsonWriter* json) {
  json->Key(gauge.name).BeginObject();
  for (const Bucket& bucket : answer.buckets) {
    const Aggregate& aggregate = bucket.aggregate;
    json->Key(std::to_string(bucket.start_ms));
    json->Raw(gauge.type == MetricType::kGauge ? aggregate.last().ToJson() : aggregate.sum().ToJson());
  }
  json->EndObject();
}

}  // namespace

http::Response Gauges::List(const http::Request& request) const {
  const std::shared_ptr<const GaugeList> table = now_();
  std::string body;
  JsonWriter json(&body);
  json.BeginArray();
  for (const Gauge& gauge : GaugesOf(*table, request)) {
    json.BeginObject().Key("name").String(gauge.name);
    json.Key("tick").String(gauge.tick.Text()).Key("timezone").String(gauge.tick.zone().name()).EndObject();
  }
  json.EndArray();
  return http::Response::Json(200, std::move(body));
}

http::Response Gauges::Read(const http::Request& request, StateView* view) const {
  const std::shared_ptr<const GaugeList> table = now_();
  GaugeQuery query;
  auto refusal = FindGauges(GaugesOf(*table, request), request.path_params.at(0), &query.gauges);
  if (refusal) return std::move(*refusal);
  if (auto bad = ParseTime(request, "start", &query.start_ms)) return BadParameterResponse(*bad);
  if (auto bad = ParseTime(request, "end", &query.end_ms)) return BadParameterResponse(*bad);
  const bool empty = query.start_ms && query.end_ms && *query.start_ms > *query.end_ms;

  std::string body;
  JsonWriter json(&body);
  json.BeginObject();
  size_t ticks = 0;
  std::optional<int64_t> retained_from_ms;
  for (const Gauge* gauge : query.gauges) {
    RangeAnswer answer;
    if (!empty) {
      Result<RangeAnswer> read = ReadRange(tiers_, view, RangeOf(request.org, *gauge, query));
      if (!read.ok()) return ErrorResponse(read.status(), "start");
      answer = std::move(*read);
    }
    ticks += answer.buckets.size();
    if (ticks > kMaxBuckets) return ErrorResponse(TooManyBuckets(), "start");
    if (answer.retained_from_ms) retained_from_ms = std::max(answer.retained_from_ms, retained_from_ms);
    WriteValues(*gauge, answer, &json);
  }
  json.EndObject();
  http::Response response = http::Response::Json(200, std::move(body));
  if (retained_from_ms) response.With("X-Odometer-Retained-From-Ms", std::to_string(*retained_from_ms));
  return response;
}

}  // namespace odometer
