// The encodings that an event may come in, by its content type. docs/formats/encodings.md says what each may hold.
#pragma once

#include <cstdint>
#include <string_view>

namespace odometer {

enum class Encoding : uint8_t {
  kJson,
  kCbor,
  kMessagePack,
  kProtobuf,         // schemas/metric_event.proto
  kCloudEvent,       // structured: its data is the event
  kCloudEventBatch,  // an array of these; over HTTP only
  kStatsd,
  kUnknown,
};

inline constexpr std::string_view kContentTypeHeader = "content-type";

// Of a content type as a header has it: letter case and parameters ("; charset=utf-8") do not matter. An empty one is
// JSON.
Encoding EncodingOf(std::string_view content_type);

// Whether a content type is that one, which is given in lower case and without parameters.
bool IsContentType(std::string_view content_type, std::string_view type);

// The content types of all encodings, for messages.
inline constexpr std::string_view kKnownContentTypes =
    "application/json, application/cbor, application/msgpack, application/x-protobuf, application/cloudevents+json, "
    "application/cloudevents-batch+json, text/x-statsd";

}  // namespace odometer
