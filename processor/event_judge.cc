#include "processor/event_judge.h"

#include <nlohmann/json.hpp>

#include "common/model/command.h"
#include "common/model/number.h"

namespace odometer {

void EventJudge::Refresh() {
  version_ = options_.table->limits_version();  // first: what changes meanwhile is seen at the next event
  limits_ = options_.table->limits();
}

namespace {

std::string AlertId(const EventPlaceInLog& place) {
  const std::string at = std::to_string(place.partition) + "-" + std::to_string(place.offset);
  if (place.source.empty()) return "event-" + at;
  return "event-" + std::string(place.source) + "-" + at + "-" + std::to_string(place.index);
}

}  // namespace

std::optional<EpochOutput> EventJudge::Judge(const Event& event, const EventPlaceInLog& place) const {
  const Limits& limits = *found_;
  if (!(event.value < Number::Of(limits.min)) && !(Number::Of(limits.max) < event.value)) return std::nullopt;
  nlohmann::ordered_json labels = nlohmann::ordered_json::object();
  for (const Label& label : event.labels) labels[std::string(label.name)] = label.value;
  nlohmann::ordered_json alert = {
      {"id", AlertId(place)},
      {"org", event.org},
      {"code", event.name},
      {"name", limits.name},
      {"metric_id", limits.metric_id},
      {"version", limits.version},
      {"min_reading", limits.min},
      {"max_reading", limits.max},
      {"event",
       {{"partition", place.partition},
        {"offset", place.offset},
        {"type", MetricTypeName(event.type)},
        {"value", nlohmann::ordered_json::parse(event.value.ToJson())},
        {"ts", event.ts_ms},
        {"labels", std::move(labels)}}}};
  if (!place.source.empty()) alert["event"]["topic"] = place.source;
  std::string key = DefinitionKey(event.org, event.name);
  const int32_t to = CommandPartition(key, options_.alerts_partitions);
  return EpochOutput{options_.alerts_topic, to, std::move(key), alert.dump()};
}

}  // namespace odometer
