// A record of the input topic, as ingest writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/event.h"

namespace odometer {

struct IngestRecord {
  std::string name;   // of the metric, for the answer
  std::string key;    // "level.name", or the name
  std::string value;  // the event as compact JSON (schemas/metric-event.v1.schema.json), or a raw event's body
  std::vector<std::pair<std::string, std::string>> headers;
};

// Without `ts` the event's time is the time at which the broker appends the record. An empty level is as good as none, and
// so is the default org.
IngestRecord MakeIngestRecord(const Event& event, std::optional<int64_t> ts_ms);

}  // namespace odometer
