// What each encoding can say as JSON, and what it cannot. That the same event is the same in all of them is shown in
// same_event_test.cc.
#include "common/encoding/event_json.h"

#include <gtest/gtest.h>
#include <metric_event.pb.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>

namespace odometer {
namespace {

using namespace std::string_literals;

// The JSON, or the reason why there is none.
std::string ToJson(Encoding encoding, std::string_view bytes) {
  std::string json;
  const RejectReason reason = EventToJson(encoding, bytes, &json);
  return reason == RejectReason::kNone ? json : std::string(RejectReasonName(reason));
}

struct Case {
  std::string bytes;
  std::string expected;
};

TEST(CborToJson, SaysWhatJsonCan) {
  const Case kCases[] = {
      {"\xa1\x61\x61\x01"s, R"({"a":1})"},
      {"\xa2\x61\x61\x01\x61\x61\x02"s, R"({"a":1,"a":2})"},
      {"\xbf\x61\x61\x9f\x01\x80\xa0\xff\xff"s, R"({"a":[1,[],{}]})"},
      {"\xa1\x61\x61\x7f\x61\x62\x61\x63\xff"s, R"({"a":"bc"})"},
      {"\x84\xf4\xf5\xf6\x60"s, R"([false,true,null,""])"},
      {"\x1b\xff\xff\xff\xff\xff\xff\xff\xff"s, "18446744073709551615"},
      {"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"s, "-9223372036854775808"},
      {"\x20"s, "-1"},
      {"\xf9\x3e\x00"s, "1.5"},
      {"\xfa\x3f\xc0\x00\x00"s, "1.5"},
      {"\xfb\x3f\xb9\x99\x99\x99\x99\x99\x9a"s, "0.1"},
      {"\x62\"\n"s, R"("\"\n")"},
      {"\x62\xff\xfe"s, "\"\xff\xfe\""s},  // not UTF-8: the decoder refuses it
      {std::string(17, '\x81') + '\x01', std::string(17, '[') + "1" + std::string(17, ']')},
      {"\x79\x0b\xb8" + std::string(3000, '_'), '"' + std::string(3000, '_') + '"'},
      {"\x82\x7f\x62" "ab\xff\x7f\x61" "c\xff"s, R"(["ab","c"])"},
  };
  for (const Case& c : kCases) EXPECT_EQ(ToJson(Encoding::kCbor, c.bytes), c.expected);
}

TEST(CborToJson, RefusesTheRest) {
  const Case kCases[] = {
      {"", "malformed"},
      {"\x01\x02"s, "malformed"},                              // something behind it
      {"\xa1\x01\x02"s, "malformed"},                          // a key that is no text
      {"\xa1\x61\x61"s, "malformed"},                          // cut
      {"\x5a\xff\xff\xff\xff"s, "malformed"},                  // a length past the end
      {"\x41\x01"s, "malformed"},                              // bytes
      {"\xc1\x1a\x51\x4b\x67\xb0"s, "malformed"},              // a tag: these are seconds, not ms
      {"\xf7"s, "malformed"},                                  // undefined
      {"\xf9\x7e\x00"s, "malformed"},                          // not a number
      {"\xf9\x7c\x00"s, "malformed"},                          // infinite
      {"\x3b\x80\x00\x00\x00\x00\x00\x00\x00"s, "malformed"},  // -2^63 - 1
      {"\x3b\xff\xff\xff\xff\xff\xff\xff\xff"s, "malformed"},  // -2^64
      {"\xff"s, "malformed"},
      {std::string(18, '\x81') + '\x01', "too_deep"},
      {std::string(1 << 20, '\x81'), "too_deep"},
      {std::string(1 << 20, '\x7f'), "malformed"},
      {std::string(1 << 20, '\x5f'), "malformed"},
      {"\x7f\x61" "a\x7f\x61" "b\xff\xff"s, "malformed"},
      {"\xa1\x61" "a\x7f" + std::string(1 << 19, '\x7f'), "malformed"},
      {"\xfb\x7f\x7f"s + std::string(1000, '\x7f'), "malformed"},  // of a float, and then in a row
      {std::string((1 << 20) + 1, '\x01'), "too_large"},
  };
  for (const Case& c : kCases) EXPECT_EQ(ToJson(Encoding::kCbor, c.bytes), c.expected) << c.bytes.substr(0, 20);
}

TEST(MessagePackToJson, SaysWhatJsonCan) {
  const Case kCases[] = {
      {"\x81\xa1\x61\x01"s, R"({"a":1})"},
      {"\x93\xc2\xc3\xc0"s, "[false,true,null]"},
      {"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"s, "18446744073709551615"},
      {"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"s, "-9223372036854775808"},
      {"\xd3\x00\x00\x00\x00\x00\x00\x00\x07"s, "7"},
      {"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a"s, "0.1"},
      {"\xd9\x02hi"s, R"("hi")"},
  };
  for (const Case& c : kCases) EXPECT_EQ(ToJson(Encoding::kMessagePack, c.bytes), c.expected);
}

TEST(MessagePackToJson, RefusesTheRest) {
  const Case kCases[] = {
      {"", "malformed"},
      {"\x01\x02"s, "malformed"},
      {"\x81\x01\x02"s, "malformed"},
      {"\xc1"s, "malformed"},
      {"\xc4\x01\x00"s, "malformed"},              // bytes
      {"\xd6\xff\x00\x00\x00\x00"s, "malformed"},  // a time
      {"\xdb\xff\xff\xff\xff"s, "malformed"},
      {"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"s, "malformed"},
      {std::string(1 << 20, '\x91'), "too_deep"},
  };
  for (const Case& c : kCases) EXPECT_EQ(ToJson(Encoding::kMessagePack, c.bytes), c.expected) << c.bytes.substr(0, 20);
}

std::string ProtobufToJson(const std::function<void(v1::MetricEvent*)>& fill) {
  v1::MetricEvent event;
  event.set_name("a");
  fill(&event);
  return ToJson(Encoding::kProtobuf, event.SerializeAsString());
}

TEST(ProtobufToJson, SaysAllOfTheMessage) {
  using Event = v1::MetricEvent;
  const struct {
    std::function<void(Event*)> fill;
    std::string_view expected;
  } kCases[] = {
      {[](Event*) {}, R"({"name":"a"})"},
      {[](Event* e) { e->set_name("\"\x01"); }, R"({"name":"\"\u0001"})"},
      {[](Event* e) { e->set_type(Event::TIMER); }, R"({"name":"a","type":"timer"})"},
      {[](Event* e) { e->set_type(static_cast<Event::Type>(9)); }, R"({"name":"a","type":"9"})"},
      {[](Event* e) { e->set_whole(std::numeric_limits<int64_t>::min()); }, R"({"name":"a","value":-9223372036854775808})"},
      {[](Event* e) { e->set_whole(0); }, R"({"name":"a","value":0})"},
      {[](Event* e) { e->set_fraction(0.1); }, R"({"name":"a","value":0.1})"},
      {[](Event* e) { e->set_fraction(std::nan("")); }, "bad_value"},
      {[](Event* e) { e->set_text("up"); }, R"({"name":"a","value":"up"})"},
      {[](Event* e) { e->set_ts_ms(0); }, R"({"name":"a","ts":0})"},
      {[](Event* e) {
         e->set_level("web"), e->set_org("acme"), e->set_id("x");
         for (const char* name : {"z", "b", "y", "c"}) (*e->mutable_labels())[name] = "v";
       },
       R"({"name":"a","level":"web","labels":{"b":"v","c":"v","y":"v","z":"v"},"org":"acme","id":"x"})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(ProtobufToJson(c.fill), c.expected);
  EXPECT_EQ(ToJson(Encoding::kProtobuf, ""), "{}");
  EXPECT_EQ(ToJson(Encoding::kProtobuf, "\x0a\x01"s), "malformed");
  EXPECT_EQ(ToJson(Encoding::kProtobuf, R"({"name":"a"})"), "malformed");
  EXPECT_EQ(ToJson(Encoding::kProtobuf, "\x0a\x01" "a\x98\x06\x07"s), R"({"name":"a"})");  // a field of a newer schema
}

// The rest of a CloudEvent whose data is `data`.
std::string Envelope(const std::string& data, const std::string& more = "") {
  return R"({"specversion":"1.0","type":"t","source":"/shop","id":"7","time":"2023-11-14T22:13:19Z",)" + more +
         R"("data":)" + data + "}";
}

TEST(CloudEventToJson, IsItsDataWithTheTimeAndIdOfTheEnvelope) {
  const Case kCases[] = {
      {Envelope(R"({"name":"a"})"), R"({"name":"a","ts":"2023-11-14T22:13:19Z","id":"/shop 7"})"},
      {Envelope(R"({ "name" : "a", "ts":1, "id":"own" } )"), R"({ "name" : "a", "ts":1, "id":"own" })"},
      {Envelope(R"({"name":"a","ts":1,"ts":null,"id":"own"})"),
       R"({"name":"a","ts":1,"ts":null,"id":"own","ts":"2023-11-14T22:13:19Z"})"},
      {Envelope("{}"), R"({"ts":"2023-11-14T22:13:19Z","id":"/shop 7"})"},
      {Envelope(R"({"name":"a","value":123456789012345678901234567890,"ts":1,"id":"i"})",
                R"("datacontenttype":"application/json; charset=utf-8",)"),
       R"({"name":"a","value":123456789012345678901234567890,"ts":1,"id":"i"})"},
      {R"({"specversion":"1.0","time":null,"data_base64":null,"data":{"name":"a"}})", R"({"name":"a"})"},
      {R"({"specversion":"1.0","source":"s","data":{"name":"a"}})", R"({"name":"a"})"},
      {R"({"specversion":"1.1","id":"\"","data":{"name":"a"}})", R"({"name":"a","id":" \""})"},
      {Envelope("[1]"), "[1]"},
      {Envelope("\"text\""), "\"text\""},
      {R"({"specversion":"1.0"})", ""},
  };
  for (const Case& c : kCases) EXPECT_EQ(ToJson(Encoding::kCloudEvent, c.bytes), c.expected) << c.bytes;
}

TEST(CloudEventToJson, RefusesTheRest) {
  const Case kCases[] = {
      {"", "malformed"},
      {"{", "malformed"},
      {"[1]", "not_an_object"},
      {"3", "not_an_object"},
      {R"({"data":{"name":"a"}})", "malformed"},
      {R"({"specversion":"0.3","data":{"name":"a"}})", "malformed"},
      {R"({"specversion":1.0,"data":{"name":"a"}})", "malformed"},
      {R"({"specversion":"1.0","id":7,"data":{"name":"a"}})", "malformed"},
      {R"({"specversion":"1.0","other":tru,"data":{"name":"a"}})", "malformed"},
      {R"({"specversion":"1.0","data":{"name":"a"}}x)", "malformed"},
      {R"({"specversion":"1.0","data":{"name":"a"}})"s + '\0', "malformed"},
      {R"({"specversion":"1.0","data_base64":"e30="})", "unsupported"},
      {Envelope(R"({"name":"a"})", R"("datacontenttype":"application/xml",)"), "unsupported"},
  };
  for (const Case& c : kCases) EXPECT_EQ(ToJson(Encoding::kCloudEvent, c.bytes), c.expected) << c.bytes;
}

TEST(StatsdToJson, IsOneLineWithOneValue) {
  EXPECT_EQ(ToJson(Encoding::kStatsd, "a:1|c\r\n"), R"({"name":"a","type":"counter","value":1})");
  EXPECT_EQ(ToJson(Encoding::kStatsd, "a:1|c\nb:1|c"), "unsupported");
  EXPECT_EQ(ToJson(Encoding::kStatsd, "a:1:2|ms"), "unsupported");
  EXPECT_EQ(ToJson(Encoding::kStatsd, "a:+1|g"), "unsupported");
  EXPECT_EQ(ToJson(Encoding::kStatsd, "a:ann|s"), R"({"name":"a","type":"set","value":"ann"})");
  EXPECT_EQ(ToJson(Encoding::kStatsd, ""), "malformed");
}

TEST(EventToJson, KnowsNoOtherEncodings) {
  EXPECT_EQ(ToJson(Encoding::kUnknown, "{}"), "unknown_encoding");
  EXPECT_EQ(ToJson(Encoding::kCloudEventBatch, "[]"), "unknown_encoding");
  EXPECT_EQ(ToJson(Encoding::kJson, "{}"), "{}");
}

}  // namespace
}  // namespace odometer
