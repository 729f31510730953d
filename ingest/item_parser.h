// One item of POST /ingest/metrics as a record, or why not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/model/event_decoder.h"
#include "ingest/ingest_record.h"

namespace odometer {

struct ItemError {
  RejectReason reason = RejectReason::kNone;
  std::string message;
  std::string field;  // empty: the item as a whole
};

// The item is {level, name, type, value}, and may have ts, labels and id as an event has. Stricter than an event, as the
// original's clients expect: type and value are required, whole numbers are within 64 bits. What is let through, the
// processor's decoder accepts. `now_ms`: against which ts is "from the future". `org`: whose the record is; an `org` in the
// item is not read. `default_id`: for an item that has no id of its own. Thread-safe.
std::variant<IngestRecord, ItemError> ParseItem(std::string_view json, int64_t now_ms,
                                                std::string_view org = kDefaultOrg, std::string_view default_id = {});

}  // namespace odometer
