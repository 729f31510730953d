#include "processor/event_judge.h"

#include <nlohmann/json.hpp>

#include "common/model/command.h"
#include "common/model/number.h"

namespace odometer {

void EventJudge::Refresh() {
  version_ = options_.table->limits_version();  // first: what changes meanwhile is seen at the next event
  limits_ = options_.table->limits();
}

std::optional<EpochOutput> EventJudge::Judge(const Event& event, int32_t partition, int64_t offset) const {
  const Limits& limits = *found_;
  if (!(event.value < Number::Of(limits.min)) && !(Number::Of(limits.max) < event.value)) return std::nullopt;
  nlohmann::ordered_json labels = nlohmann::ordered_json::object();
  for (const Label& label : event.labels) labels[std::string(label.name)] = label.value;
  const nlohmann::ordered_json alert = {
      {"id", "event-" + std::to_string(partition) + "-" + std::to_string(offset)},
      {"org", event.org},
      {"code", event.name},
      {"name", limits.name},
      {"metric_id", limits.metric_id},
      {"version", limits.version},
      {"min_reading", limits.min},
      {"max_reading", limits.max},
      {"event",
       {{"partition", partition},
        {"offset", offset},
        {"type", MetricTypeName(event.type)},
        {"value", nlohmann::ordered_json::parse(event.value.ToJson())},
        {"ts", event.ts_ms},
        {"labels", std::move(labels)}}}};
  std::string key = DefinitionKey(event.org, event.name);
  const int32_t to = CommandPartition(key, options_.alerts_partitions);
  return EpochOutput{options_.alerts_topic, to, std::move(key), alert.dump()};
}

}  // namespace odometer
