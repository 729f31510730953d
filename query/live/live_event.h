// What a record is to live clients.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/kafka/types.h"
#include "common/model/event.h"
#include "common/model/event_decoder.h"

namespace odometer {

// Told as it was posted, to those who listen to its name.
struct LiveEvent {
  int32_t partition = 0;
  int64_t offset = 0;
  std::string org;
  std::string name;
  bool raw = false;  // of type event
  std::shared_ptr<const std::string> text;  // JSON
};

// That the record's task may apply it to this series; the state says what became of it.
struct LiveChange {
  int32_t partition = 0;
  int64_t offset = 0;
  std::string org;
  std::string qualified_name;
  // Of an event; a control record, which sets or forgets, has none of these.
  struct Point {
    std::string name;
    MetricType type = MetricType::kCounter;
    int64_t ts_ms = 0;
    std::vector<std::pair<std::string, std::string>> labels;  // sorted
  };
  std::optional<Point> point;
  std::string source = {};  // the source of rules that the record is of; empty: the input topic
};

struct LiveRecord {
  std::optional<LiveEvent> event;
  std::optional<LiveChange> change;
};

// That the event of the record may be applied.
LiveChange ChangeOf(const RecordView& record, const Event& event);

// Of a record of the input topic. Nothing of what the processor rejects.
LiveRecord ReadLiveRecord(const RecordView& record, EventDecoder* decoder);

}  // namespace odometer
