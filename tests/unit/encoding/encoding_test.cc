#include "common/encoding/encoding.h"

#include <gtest/gtest.h>

namespace odometer {
namespace {

TEST(Encoding, ComesFromTheContentType) {
  const struct {
    std::string_view content_type;
    Encoding encoding;
  } kCases[] = {
      {"", Encoding::kJson},
      {" ", Encoding::kJson},
      {"application/json", Encoding::kJson},
      {"application/json; charset=utf-8", Encoding::kJson},
      {" Application/JSON ;charset=utf-8", Encoding::kJson},
      {"text/json", Encoding::kJson},
      {"application/cbor", Encoding::kCbor},
      {"application/msgpack", Encoding::kMessagePack},
      {"application/x-msgpack", Encoding::kMessagePack},
      {"application/vnd.msgpack", Encoding::kMessagePack},
      {"application/x-protobuf", Encoding::kProtobuf},
      {"application/protobuf", Encoding::kProtobuf},
      {"application/vnd.google.protobuf; messageType=odometer.v1.MetricEvent", Encoding::kProtobuf},
      {"application/cloudevents+json", Encoding::kCloudEvent},
      {"application/cloudevents+json; charset=UTF-8", Encoding::kCloudEvent},
      {"application/cloudevents-batch+json", Encoding::kCloudEventBatch},
      {"text/x-statsd", Encoding::kStatsd},
      {"application/jsonp", Encoding::kUnknown},
      {"application/jso", Encoding::kUnknown},
      {"application/json,application/cbor", Encoding::kUnknown},
      {"application/cbor-seq", Encoding::kUnknown},
      {"application/avro", Encoding::kUnknown},
      {"text/plain", Encoding::kUnknown},
      {"*/*", Encoding::kUnknown},
  };
  for (const auto& c : kCases) EXPECT_EQ(EncodingOf(c.content_type), c.encoding) << c.content_type;
}

TEST(Encoding, EveryKnownContentTypeIsKnown) {
  std::string_view types = kKnownContentTypes;
  while (!types.empty()) {
    const std::string_view type = types.substr(0, types.find(", "));
    EXPECT_NE(EncodingOf(type), Encoding::kUnknown) << type;
    types.remove_prefix(std::min(types.size(), type.size() + 2));
  }
}

}  // namespace
}  // namespace odometer
