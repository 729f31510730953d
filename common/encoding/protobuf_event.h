// Events in protobuf: schemas/metric_event.proto.
#pragma once

#include <string>
#include <string_view>

#include "common/model/event_decoder.h"

namespace odometer {

// Appends the MetricEvent as JSON, the same text for the same bytes; on an error *json holds anything. Fields that
// are not known here are left out.
RejectReason ProtobufToJson(std::string_view bytes, std::string* json);

}  // namespace odometer
