#include "common/encoding/event_json.h"

#include "common/encoding/binary_json.h"
#include "common/encoding/protobuf_event.h"
#include "common/encoding/statsd_line.h"

namespace odometer {
namespace {

RejectReason StatsdToJson(std::string_view text, std::string* json) {
  StatsdLine line;
  const std::string_view first = TakeStatsdLine(&text);
  if (!text.empty()) return RejectReason::kUnsupported;
  if (RejectReason bad = ParseStatsdLine(first, &line); bad != RejectReason::kNone) return bad;
  if (line.relative || line.values.size() != 1) return RejectReason::kUnsupported;
  StatsdEventToJson(line, line.values.front(), json);
  return RejectReason::kNone;
}

}  // namespace

RejectReason EventToJson(Encoding encoding, std::string_view bytes, std::string* json) {
  if (bytes.size() > kMaxEventBytes) return RejectReason::kTooLarge;
  switch (encoding) {
    case Encoding::kJson: json->append(bytes); return RejectReason::kNone;
    case Encoding::kCbor:
    case Encoding::kMessagePack: return BinaryToJson(encoding, bytes, json);
    case Encoding::kProtobuf: return ProtobufToJson(bytes, json);
    case Encoding::kCloudEvent: return CloudEventToJson(bytes, json);
    case Encoding::kStatsd: return StatsdToJson(bytes, json);
    case Encoding::kCloudEventBatch:
    case Encoding::kUnknown: break;
  }
  return RejectReason::kUnknownEncoding;
}

}  // namespace odometer
