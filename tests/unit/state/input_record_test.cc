#include "common/state/input_record.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/model/control.h"
#include "common/model/raw_event.h"

namespace odometer {
namespace {

constexpr int64_t kRecordMs = 1'700'000'000'000;

class HeaderList : public RecordView::HeaderSource {
 public:
  explicit HeaderList(std::vector<Header> headers) : headers_(std::move(headers)) {}
  std::vector<Header> Headers() const override { return headers_; }

 private:
  std::vector<Header> headers_;
};

std::string Cbor(const char* json) {
  const std::vector<uint8_t> bytes = nlohmann::json::to_cbor(nlohmann::json::parse(json));
  return {bytes.begin(), bytes.end()};
}

// "<name> <value> <ts> <org> <id>: <body>", or the reason why there is none.
std::string Read(std::string_view value, std::vector<Header> headers) {
  const HeaderList source(std::move(headers));
  RecordView record;
  record.timestamp_ms = kRecordMs;
  record.value = value;
  record.header_source = &source;
  InputRecord input(record);
  if (input.is_control()) return "control";
  EventDecoder decoder;
  Event event;
  const RejectReason reason = input.Decode(&decoder, &event);
  if (reason != RejectReason::kNone) return std::string(RejectReasonName(reason));
  return std::string(event.name) + ' ' + event.value.ToJson() + ' ' + std::to_string(event.ts_ms) + ' ' +
         std::string(event.org) + ' ' + std::string(event.id) + ": " + std::string(input.body());
}

const Header kCborType{"content-type", "application/cbor"};
const Header kVersion{"ce_specversion", "1.0"};

TEST(InputRecord, IsReadByItsContentType) {
  EXPECT_EQ(Read(R"( {"name":"a"})", {}), R"(a 1 1700000000000 default :  {"name":"a"})");
  EXPECT_EQ(Read(R"({"name":"a"})", {{"content-type", "application/json; charset=utf-8"}}),
            R"(a 1 1700000000000 default : {"name":"a"})");
  EXPECT_EQ(Read(Cbor(R"({"name":"a","value":2.5,"org":"acme","x":[1]})"), {{"trace", "7"}, kCborType}),
            R"(a 2.5 1700000000000 acme : {"name":"a","org":"acme","value":2.5,"x":[1]})");
  EXPECT_EQ(Read("a:3|c|#k:v|T1699999999", {{"content-type", "text/x-statsd"}}),
            R"(a 3 1699999999000 default : {"name":"a","type":"counter","value":3,"ts":1699999999000,"labels":{"k":"v"}})");
}

TEST(InputRecord, IsRefusedByItsContentType) {
  EXPECT_EQ(Read(R"({"name":"a"})", {{"content-type", "application/avro"}}), "unknown_encoding");
  EXPECT_EQ(Read(R"({"name":"a"})", {{"content-type", "application/cloudevents-batch+json"}}), "unknown_encoding");
  EXPECT_EQ(Read("_sc|a|0", {{"content-type", "text/x-statsd"}}), "unsupported");
  EXPECT_EQ(Read(R"({"name":"a"})", {kCborType}), "malformed");
  EXPECT_EQ(Read(Cbor(R"({"name":"a"})"), {}), "malformed");
  EXPECT_EQ(Read(Cbor(R"({"name":7})"), {kCborType}), "bad_name");
  EXPECT_EQ(Read(Cbor("7"), {kCborType}), "not_an_object");
  EXPECT_EQ(Read(Cbor(R"({"name":"a","ts":1700000300001})"), {kCborType}), "from_the_future");
  EXPECT_EQ(Read("", {kCborType}), "malformed");
}

TEST(InputRecord, CloudEventsSayTimeAndIdWhereTheEventDoesNot) {
  const std::vector<Header> attributes = {
      kVersion, {"ce_type", "t"}, {"ce_source", "/shop"}, {"ce_id", "7"}, {"ce_time", "2023-11-14T22:13:19Z"}};
  auto with = [&](std::vector<Header> more) {
    more.insert(more.end(), attributes.begin(), attributes.end());
    return more;
  };
  EXPECT_EQ(Read(R"({"name":"a"})", with({{"content-type", "application/json"}})),
            R"(a 1 1699999999000 default /shop 7: {"name":"a","ts":"2023-11-14T22:13:19Z","id":"/shop 7"})");
  EXPECT_EQ(Read(R"({"name":"a"})", with({})),
            R"(a 1 1699999999000 default /shop 7: {"name":"a","ts":"2023-11-14T22:13:19Z","id":"/shop 7"})");
  EXPECT_EQ(Read(R"({"name":"a","ts":5,"id":"own"})", with({})), R"(a 1 5 default own: {"name":"a","ts":5,"id":"own"})");
  EXPECT_EQ(Read(Cbor(R"({"name":"a","id":"own"})"), with({kCborType})),
            R"(a 1 1699999999000 default own: {"id":"own","name":"a","ts":"2023-11-14T22:13:19Z"})");
  EXPECT_EQ(Read(R"({"specversion":"1.0","id":"8","source":"s","data":{"name":"a"}})",
                 with({{"content-type", "application/cloudevents+json"}})),
            R"(a 1 1700000000000 default s 8: {"name":"a","id":"s 8"})");
  EXPECT_EQ(Read(R"({"name":"a"})", {{"ce_id", "7"}}), R"(a 1 1700000000000 default : {"name":"a"})");  // no version
  EXPECT_EQ(Read(R"({"name":"a"})", {kVersion, {"ce_time", "yesterday"}}), "bad_timestamp");
  EXPECT_EQ(Read(R"({"name":"a"})", {kVersion, {"ce_time", "2023-11-14T22:18:21Z"}}), "from_the_future");
  EXPECT_EQ(Read(R"({"name":"a"})", {kVersion, {"ce_id", std::string_view("\xff")}}), "malformed");
  EXPECT_EQ(Read(R"({"name":"a"})", {{"ce_specversion", "2.0"}}), "malformed");
  EXPECT_EQ(Read(R"([1])", {kVersion, {"ce_id", "7"}}), "not_an_object");
}

TEST(InputRecord, RawEventsAreJson) {
  const Header raw{kKindHeader, kRawKind};
  const std::string body = R"({"name":"a","value":"text"})";
  EXPECT_EQ(Read(body, {raw, {"content-type", "application/json"}}), "a 1 1700000000000 default : " + body);
  EXPECT_EQ(Read(body, {raw, kVersion, {"ce_id", "7"}}), "a 1 1700000000000 default : " + body);
  EXPECT_EQ(Read(Cbor(body.c_str()), {raw, kCborType}), "unknown_encoding");
  EXPECT_EQ(Read(body, {{kKindHeader, "other"}}), "malformed");
  EXPECT_EQ(Read("", {{kControlHeader, "forget"}}), "control");
}

}  // namespace
}  // namespace odometer
