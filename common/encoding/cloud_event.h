// CloudEvents 1.0 whose data is an event.
#pragma once

#include <string>
#include <string_view>

#include "common/model/event_decoder.h"

namespace odometer {

// Those that mean something here. Views into the record or request.
struct CloudAttributes {
  std::string_view specversion;
  std::string_view id;
  std::string_view source;
  std::string_view time;  // RFC 3339
};

// Appends `data`, an event as JSON, with what its envelope says: `time` as its ts and "<source> <id>" as its id,
// unless it has its own. Data that is no object is appended as it is, for the decoder to refuse. kMalformed when it
// is not of version 1.
RejectReason AddCloudAttributes(const CloudAttributes& attributes, std::string_view data, std::string* json);

// The same of a CloudEvent in structured mode, which must be valid JSON with JSON as data; else kUnsupported.
RejectReason CloudEventToJson(std::string_view envelope, std::string* json);

}  // namespace odometer
