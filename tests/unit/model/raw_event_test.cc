#include "common/model/raw_event.h"

#include <gtest/gtest.h>

#include <string>

#include "common/model/event_decoder.h"

namespace odometer {
namespace {

constexpr int64_t kRecordMs = 1'700'000'000'000;

class RawEventTest : public testing::Test {
 protected:
  std::string_view Raw(std::string_view body) { return RejectReasonName(decoder_.DecodeRaw(body, &event_)); }
  std::string_view Post(std::string_view body) { return RejectReasonName(decoder_.DecodeRaw(body, &event_, &post_)); }
  // The event's time when it is posted with that `ts`, as JSON; -1: it is refused.
  int64_t TimeOf(const std::string& ts) {
    if (Post(R"({"name":"a","value":1,"ts":)" + ts + "}") != "none") return -1;
    return post_.ts_ms.value_or(-2);
  }

  EventDecoder decoder_;
  Event event_;
  EventDecoder::Post post_;
};

TEST_F(RawEventTest, ANumberUnderANameIsCounted) {
  ASSERT_EQ(Raw(R"({"type":"no type","value":2.5,"labels":7,"name":"a","org":1,"id":{}})"), "none");
  EXPECT_EQ(event_.type, MetricType::kEvent);
  EXPECT_EQ(event_.name, "a");
  EXPECT_EQ(event_.value, Number::Of(2.5));
  EXPECT_TRUE(event_.counted);
}

TEST_F(RawEventTest, AnythingElseIsKept) {
  for (const char* value : {R"("qwerty")", "true", "null", "[1,2]", "{}", R"("1")"}) {
    EXPECT_EQ(Raw(std::string(R"({"name":"a","value":)") + value + "}"), "none") << value;
    EXPECT_FALSE(event_.counted) << value;
  }
  ASSERT_EQ(Raw(R"({"name":"a","value":1})"), "none");
  EXPECT_TRUE(event_.counted) << "nothing is left over from the one before";
}

TEST_F(RawEventTest, ANameIsAnyJson) {
  const std::pair<const char*, const char*> kNames[] = {
      {R"("")", ""},     {"5", "5"},          {"null", "null"}, {"true", "true"},
      {"[1, 2]", "[1,2]"}, {R"({ "a" : 1 })", R"({"a":1})"}, {R"("__overflow__")", "__overflow__"}};
  for (const auto& [json, text] : kNames) {
    EXPECT_EQ(Raw(std::string(R"({"value":1,"name":)") + json + "}"), "none") << json;
    EXPECT_EQ(event_.name, text);
    EXPECT_FALSE(event_.counted) << json << " names no series";
  }
  const std::string longest(kMaxNameBytes, 'n');
  ASSERT_EQ(Raw(R"({"value":1,"name":")" + longest + R"("})"), "none");
  EXPECT_TRUE(event_.counted);
  ASSERT_EQ(Raw(R"({"value":1,"name":")" + longest + R"(n"})"), "none");
  EXPECT_FALSE(event_.counted);
  EXPECT_EQ(event_.name.size(), kMaxNameBytes + 1);
}

TEST_F(RawEventTest, SaysWhatIsWrong) {
  EXPECT_EQ(Raw(""), "malformed");
  EXPECT_EQ(Raw("{"), "malformed");
  EXPECT_EQ(Raw(R"({"name":"a","value":NaN})"), "malformed");
  EXPECT_EQ(Raw(std::string("{\"name\":\"a\0\",\"value\":1}", 22)), "malformed");
  EXPECT_EQ(Raw(R"({"name":"a","value":1,"x":tru})"), "malformed") << "in a key that nobody reads";
  EXPECT_EQ(Raw("[]"), "not_an_object");
  EXPECT_EQ(Raw("1"), "not_an_object");
  EXPECT_EQ(Raw(R"({"value":1})"), "missing_name");
  EXPECT_EQ(Raw(R"({"name":"a"})"), "bad_value");
  EXPECT_EQ(Raw(std::string(10'000, '[') + std::string(10'000, ']')), "too_deep");
  EXPECT_EQ(Raw(R"({"name":"a","value":)" + std::string(100, '[') + std::string(100, ']') + "}"), "none");
  EXPECT_EQ(Raw(R"({"name":"a","value":")" + std::string(kMaxEventBytes, 'x') + "\"}"), "too_large");
}

TEST_F(RawEventTest, NumbersMayBeOfAnySize) {
  EXPECT_EQ(Raw(R"({"name":"a","value":9007199254740993})"), "none");
  EXPECT_EQ(event_.value, Number::Of(int64_t{9'007'199'254'740'993}));
  EXPECT_EQ(Raw(R"({"name":"a","value":1,"big":123456789012345678901234567890})"), "none");
}

TEST_F(RawEventTest, OnlyAPostsTimeIsRead) {
  EXPECT_EQ(Raw(R"({"name":"a","value":1,"ts":"yesterday"})"), "none");
  EXPECT_EQ(Post(R"({"name":"a","value":1,"ts":"yesterday"})"), "bad_timestamp");
  EXPECT_EQ(TimeOf("null"), -2);
  ASSERT_EQ(Post(R"({"name":"a","value":1})"), "none");
  EXPECT_FALSE(post_.ts_ms);
}

TEST_F(RawEventTest, TimesHaveManySpellings) {
  EXPECT_EQ(TimeOf(R"("2016-01-01")"), 1'451'606'400'000);
  EXPECT_EQ(TimeOf(R"("2016-01-01T00:00:01")"), 1'451'606'401'000);
  EXPECT_EQ(TimeOf(R"("2016-01-01 00:00:01.25")"), 1'451'606'401'250);
  EXPECT_EQ(TimeOf(R"("2016-01-01T02:00:00+02:00")"), 1'451'606'400'000);
  EXPECT_EQ(TimeOf("1451606400"), 1'451'606'400'000);
  EXPECT_EQ(TimeOf("1451606400.25"), 1'451'606'400'250);
  EXPECT_EQ(TimeOf("0"), 0);
  EXPECT_EQ(TimeOf("-86400"), -86'400'000);
  for (const char* bad : {R"("")", R"("2016-13-01")", "true", "[]", "{}", "1e300", "253402300800", R"("1451606400")"}) {
    EXPECT_EQ(TimeOf(bad), -1) << bad;
  }
}

TEST_F(RawEventTest, APostHoldsNoNul) {
  EXPECT_EQ(Post(R"({"name":"a\u0000b","value":1})"), "bad_name");
  EXPECT_EQ(Post(R"({"name":"a","value":"\u0000"})"), "bad_value");
  EXPECT_EQ(Post(R"({"name":"a","value":1,"other":"\u0000"})"), "none");
}

TEST_F(RawEventTest, AnEventOfTheSchemaIsOneToo) {
  ASSERT_EQ(RejectReasonName(decoder_.Decode(
                R"({"type":"event","name":"deploy","value":"v1.2","org":"acme","id":"7","who":["me"]})", kRecordMs,
                &event_)),
            "none");
  EXPECT_EQ(event_.name, "deploy");
  EXPECT_EQ(event_.org, "acme");
  EXPECT_EQ(event_.id, "7");
  EXPECT_EQ(event_.ts_ms, kRecordMs);
  EXPECT_FALSE(event_.counted);
  ASSERT_EQ(RejectReasonName(decoder_.Decode(R"({"type":"event","name":"deploy"})", kRecordMs, &event_)), "none");
  EXPECT_TRUE(event_.counted) << "its value is 1";
  EXPECT_EQ(RejectReasonName(decoder_.Decode(R"({"type":"event","value":1})", kRecordMs, &event_)), "missing_name");
  EXPECT_EQ(RejectReasonName(decoder_.Decode(R"({"type":"event","name":"a","ts":"x"})", kRecordMs, &event_)),
            "bad_timestamp");
  ASSERT_EQ(RejectReasonName(decoder_.Decode(R"({"name":"a"})", kRecordMs, &event_)), "none");
  EXPECT_TRUE(event_.counted);
}

TEST(RawTsTest, IsEpochMsOfTheYears1To9999) {
  EXPECT_EQ(ParseRawTs("1451606400000"), 1'451'606'400'000);
  EXPECT_EQ(ParseRawTs("-62135596800000"), -62'135'596'800'000);
  for (const char* bad : {"", "x", "1.5", " 1", "253402300800000", "-62135596800001"}) EXPECT_FALSE(ParseRawTs(bad)) << bad;
}

}  // namespace
}  // namespace odometer
