// Judges events by the definition of their name: any numeric event whose name is the code of an active definition of its
// org.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/model/event.h"
#include "common/state/definition_table.h"
#include "processor/epoch.h"

namespace odometer {

struct EventJudgeOptions {
  DefinitionTable* table = nullptr;  // null: nothing is judged. Must outlive the judge
  std::string alerts_topic;
  int32_t alerts_partitions = 1;
};

// Where an event comes from: the topic of events, or a record of a source, which may give several.
struct EventPlaceInLog {
  std::string_view source;  // its topic; empty: the topic of events
  int32_t partition = 0;
  int64_t offset = 0;
  size_t index = 0;  // among the events of its record
};

// Used by one thread.
class EventJudge {
 public:
  explicit EventJudge(EventJudgeOptions options) : options_(std::move(options)) {}

  // Whether there is a definition for it. Asked of every event: without definitions it costs two comparisons.
  bool HasLimits(const Event& event) {
    if (options_.table == nullptr) return false;
    if (options_.table->limits_version() != version_) Refresh();
    if (limits_->empty() || event.type == MetricType::kEvent || event.type == MetricType::kSet) return false;
    found_ = limits_->Find(event.org, event.name);
    return found_ != nullptr;
  }
  // The alert, when the event is outside the limits that HasLimits has just found.
  std::optional<EpochOutput> Judge(const Event& event, const EventPlaceInLog& place) const;

 private:
  void Refresh();

  const EventJudgeOptions options_;
  uint64_t version_ = 0;
  std::shared_ptr<const DefinitionLimits> limits_ = std::make_shared<DefinitionLimits>();
  const Limits* found_ = nullptr;
};

}  // namespace odometer
