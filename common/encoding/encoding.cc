#include "common/encoding/encoding.h"

#include <array>

#include "common/base/ascii.h"

namespace odometer {
namespace {

struct Name {
  std::string_view content_type;
  Encoding encoding;
};

// The registered name comes first; the others are in use.
constexpr std::array kNames = {
    Name{"application/json", Encoding::kJson},
    Name{"text/json", Encoding::kJson},
    Name{"application/cbor", Encoding::kCbor},
    Name{"application/msgpack", Encoding::kMessagePack},
    Name{"application/vnd.msgpack", Encoding::kMessagePack},
    Name{"application/x-msgpack", Encoding::kMessagePack},
    Name{"application/protobuf", Encoding::kProtobuf},
    Name{"application/x-protobuf", Encoding::kProtobuf},
    Name{"application/vnd.google.protobuf", Encoding::kProtobuf},
    Name{"application/cloudevents+json", Encoding::kCloudEvent},
    Name{"application/cloudevents-batch+json", Encoding::kCloudEventBatch},
    Name{"text/x-statsd", Encoding::kStatsd},
};

// Without its parameters.
std::string_view TypeOf(std::string_view content_type) { return Trim(content_type.substr(0, content_type.find(';'))); }

}  // namespace

bool IsContentType(std::string_view content_type, std::string_view type) {
  return EqualsIgnoringCase(TypeOf(content_type), type);
}

Encoding EncodingOf(std::string_view content_type) {
  if (content_type == kNames[0].content_type) return kNames[0].encoding;  // which most have
  const std::string_view type = TypeOf(content_type);
  if (type.empty()) return Encoding::kJson;
  for (const Name& name : kNames) {
    if (EqualsIgnoringCase(type, name.content_type)) return name.encoding;
  }
  return Encoding::kUnknown;
}

}  // namespace odometer
