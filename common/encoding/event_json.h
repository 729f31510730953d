// One event in any encoding as JSON, which all of them are judged and counted by: so the same event means the same in
// each.
#pragma once

#include <string>
#include <string_view>

#include "common/encoding/cloud_event.h"
#include "common/encoding/encoding.h"
#include "common/model/event_decoder.h"

namespace odometer {

// Appends the event as JSON, for EventDecoder to judge; on an error *json holds anything. Of kJson these are the
// bytes themselves. kUnknownEncoding for kUnknown and for kCloudEventBatch; kUnsupported for what is not one event
// (several lines or values of statsd) or is not known from itself (a relative gauge).
RejectReason EventToJson(Encoding encoding, std::string_view bytes, std::string* json);

}  // namespace odometer
