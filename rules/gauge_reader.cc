#include <fmt/core.h>

#include <algorithm>

#include "common/base/nearest_word.h"
#include "common/model/tier.h"
#include "rules/gauge_reader_internal.h"

namespace odometer::rules {
namespace {

constexpr size_t kMaxGauges = 1'000;

}  // namespace

std::vector<Gauge> GaugeReader::Read(const YAML::Node& node) {
  std::vector<Gauge> gauges;
  yaml_.ReadPairs(node, "\"gauges\"",
                  [&](const YAML::Node& key, const YAML::Node& value) { ReadGauge(key, value, &gauges); });
  if (gauges.size() > kMaxGauges) yaml_.Mistake(node, fmt::format("over {} gauges", kMaxGauges));
  std::sort(gauges.begin(), gauges.end(), [](const Gauge& a, const Gauge& b) { return a.name < b.name; });
  return gauges;
}

void GaugeReader::ReadGauge(const YAML::Node& key, const YAML::Node& value, std::vector<Gauge>* gauges) {
  Gauge gauge;
  std::optional<YAML::Node> tick, zone;
  const std::vector<YamlReader::Word> words = {
      {"tick", [&](const YAML::Node& node) { tick.emplace(node); }},
      {"timezone", [&](const YAML::Node& node) { zone.emplace(node); }}};
  const bool known = yaml_.ReadMap(value, "a gauge", words);
  if (known && !tick) yaml_.Mistake(value, "a gauge has a \"tick\", such as 1h or 1d");
  if (tick) gauge.tick = ReadTick(*tick, zone ? &*zone : nullptr).value_or(Period());

  std::optional<std::string> name = yaml_.ReadName(key, "the name of a gauge");
  if (!name) return;
  const auto metric = metrics_.find(*name);
  if (metric == metrics_.end()) {
    const std::string nearest = NearestKey(*name, metrics_);
    yaml_.Mistake(key, fmt::format("no rule counts {}{}", YamlReader::Shown(*name),
                                   nearest.empty() ? "" : "; the nearest is " + nearest));
    return;
  }
  gauge.type = metric->second.first;
  if (gauge.type != MetricType::kCounter && gauge.type != MetricType::kGauge) {
    yaml_.Mistake(key, fmt::format("{} is a {} in line {}: a gauge is what is incremented or set",
                                   YamlReader::Shown(*name), MetricTypeName(gauge.type), metric->second.second));
  }
  gauge.name = std::move(*name);
  gauges->push_back(std::move(gauge));
}

std::optional<Period> GaugeReader::ReadTick(const YAML::Node& tick, const YAML::Node* zone) {
  const std::optional<std::string> text = yaml_.ReadName(tick, "a tick, such as 1h or 1d,");
  if (!text) return std::nullopt;
  const std::optional<CalendarUnit> unit = ParseCalendarUnit(*text);
  if (!unit) {
    if (zone != nullptr) yaml_.Mistake(*zone, "\"timezone\" goes with a tick of 1d, 1w or 1mo");
    const Result<int64_t> length_ms = ParseDuration(*text);
    if (length_ms.ok() && *length_ms != kForever && *length_ms > 0 && *length_ms % 1000 == 0) {
      return Period::Fixed(*length_ms);
    }
    yaml_.Mistake(tick, fmt::format("{} is no tick: whole seconds, such as 30s, 5m or 1h, or 1d, 1w or 1mo",
                                    YamlReader::Shown(*text)));
    return std::nullopt;
  }
  TimeZone found;
  if (zone != nullptr) {
    const std::optional<std::string> name = yaml_.ReadName(*zone, "the name of a time zone");
    if (!name) return std::nullopt;
    Result<TimeZone> known = TimeZone::Find(*name);
    if (!known.ok()) {
      yaml_.Mistake(*zone, known.status().message());
      return std::nullopt;
    }
    found = std::move(*known);
  }
  return Period::Calendar(*unit, std::move(found));
}

}  // namespace odometer::rules
