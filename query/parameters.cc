#include "query/parameters.h"

#include <algorithm>

#include "common/base/parse_integer.h"
#include "common/model/timestamp.h"
#include "common/model/utf8.h"

namespace odometer {
namespace {

constexpr std::string_view kLabelPrefix = "label.";
constexpr int64_t kMaxPeriodSeconds = 1'000'000'000'000;  // more than all years that events can have

std::optional<BadParameter> ParseView(const http::Request& request, MetricView* view) {
  static constexpr std::pair<std::string_view, MetricView> kViews[] = {{"counter", MetricView::kCounter},
                                                                       {"points", MetricView::kPoints},
                                                                       {"gauge", MetricView::kGauge},
                                                                       {"meter", MetricView::kMeter},
                                                                       {"timer", MetricView::kTimer},
                                                                       {"set", MetricView::kSet}};
  std::optional<std::string_view> type = request.Query("type");
  for (const auto& [name, value] : kViews) {
    if (type != name) continue;
    *view = value;
    return std::nullopt;
  }
  return BadParameter{"type", "type must be one of counter, points, gauge, meter, timer, set"};
}

std::optional<BadParameter> ParseTime(const http::Request& request, std::string_view field,
                                      std::optional<int64_t>* time_ms) {
  std::optional<std::string_view> text = request.Query(field);
  if (!text) return std::nullopt;
  std::optional<int64_t> value = ParseInteger<int64_t>(*text);
  if (!value) return BadParameter{std::string(field), std::string(field) + " must be a whole number of ms since 1970"};
  *time_ms = value;
  return std::nullopt;
}

std::optional<BadParameter> ParsePeriod(const http::Request& request, std::optional<Period>* period) {
  const std::optional<std::string_view> text = request.Query("period");
  const std::optional<std::string_view> zone_name = request.Query("timezone");
  if (const auto unit = text ? ParseCalendarUnit(*text) : std::nullopt) {
    Result<TimeZone> zone = zone_name ? TimeZone::Find(*zone_name) : TimeZone();
    if (!zone.ok()) return BadParameter{"timezone", zone.status().message()};
    *period = Period::Calendar(*unit, std::move(*zone));
    return std::nullopt;
  }
  if (text) {
    const std::optional<int64_t> seconds = ParseInteger<int64_t>(*text);
    if (!seconds || *seconds <= 0 || *seconds > kMaxPeriodSeconds) {
      return BadParameter{"period", "period must be a whole number of seconds above 0, or 1d, 1w or 1mo"};
    }
    *period = Period::Fixed(*seconds * 1000);
  }
  if (zone_name) return BadParameter{"timezone", "timezone goes with a period of 1d, 1w or 1mo"};
  return std::nullopt;
}

std::optional<BadParameter> ParseLabels(const http::Request& request,
                                        std::vector<std::pair<std::string, std::string>>* labels) {
  for (const auto& [parameter, value] : request.query) {
    if (!parameter.starts_with(kLabelPrefix)) continue;
    std::string name = parameter.substr(kLabelPrefix.size());
    if (name.empty() || !IsValidUtf8(name) || !IsValidUtf8(value)) {
      return BadParameter{"label", "a label condition is label.<name>=<value>, both in UTF-8"};
    }
    bool seen = std::any_of(labels->begin(), labels->end(), [&](const auto& label) { return label.first == name; });
    if (!seen) labels->emplace_back(std::move(name), value);
  }
  std::sort(labels->begin(), labels->end());
  return std::nullopt;
}

}  // namespace

http::Response BadParameterResponse(const BadParameter& bad) {
  return http::Response::Error(400, "bad_parameter", bad.message, bad.field);
}

std::optional<BadParameter> ParseMetricQuery(const http::Request& request, MetricQuery* query) {
  std::optional<std::string_view> key = request.Query("key");
  if (!key || key->empty()) return BadParameter{"key", "key must name a metric"};
  if (!IsValidUtf8(*key)) return BadParameter{"key", "key must be UTF-8"};
  query->key = *key;
  if (auto bad = ParseView(request, &query->view)) return bad;
  if (auto bad = ParsePeriod(request, &query->period)) return bad;
  if (auto bad = ParseTime(request, "from", &query->from_ms)) return bad;
  if (auto bad = ParseTime(request, "to", &query->to_ms)) return bad;
  if (auto bad = ParseLabels(request, &query->labels)) return bad;
  // One ms outside the years of events stays outside, so that an empty range remains empty.
  if (query->from_ms) query->from_ms = std::clamp(*query->from_ms, kMinTimestampMs, kMaxTimestampMs + 1);
  if (query->to_ms) query->to_ms = std::clamp(*query->to_ms, kMinTimestampMs - 1, kMaxTimestampMs);
  return std::nullopt;
}

void AddPeriod(const Period& period, http::Request* request) {
  if (const std::optional<int64_t> length_ms = period.fixed_ms()) {
    request->query.emplace_back("period", std::to_string(*length_ms / 1000));
    return;
  }
  request->query.emplace_back("period", CalendarUnitText(period.unit()));
  request->query.emplace_back("timezone", period.zone().name());
}

std::optional<BadParameter> ParseReadConditions(const http::Request& request, const std::string& topic,
                                                ReadConditions* conditions) {
  if (std::optional<std::string_view> require = request.Query("require")) {
    if (*require != "complete") return BadParameter{"require", "require can only be complete"};
    conditions->require_complete = true;
  }
  std::optional<std::string_view> text = request.Query("min-offset");
  if (!text) text = request.Header("min-offset");
  if (!text) return std::nullopt;
  Result<OffsetSet> parsed = OffsetSet::Parse(*text, topic);
  if (!parsed.ok()) return BadParameter{"min-offset", parsed.status().message()};
  conditions->min_offset = std::move(parsed).value();
  return std::nullopt;
}

}  // namespace odometer
