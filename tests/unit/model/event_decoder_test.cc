#include "common/model/event_decoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace odometer {
namespace {

constexpr int64_t kRecordMs = 1'700'000'000'000;

std::string Nested(int containers, const std::string& inside) {
  return std::string(static_cast<size_t>(containers), '[') + inside + std::string(static_cast<size_t>(containers), ']');
}

class EventDecoderTest : public testing::Test {
 protected:
  std::string_view Decode(std::string_view record) {
    // In a buffer of exactly its size, so that the address sanitizer sees any read beyond it.
    record_.assign(record.begin(), record.end());
    return RejectReasonName(decoder_.Decode({record_.data(), record_.size()}, kRecordMs, &event_));
  }

  std::vector<char> record_;
  EventDecoder decoder_;
  Event event_;
};

TEST_F(EventDecoderTest, DecodesEveryKey) {
  ASSERT_EQ(Decode(R"({"name":"latency","type":"timer","value":12.5,"ts":1699999999000,"level":"web",)"
                   R"("labels":{"zone":"b","route":"/a"},"org":"acme","id":"x-1"})"),
            "none");
  EXPECT_EQ(event_.name, "latency");
  EXPECT_EQ(event_.type, MetricType::kTimer);
  EXPECT_EQ(event_.value, Number::Of(12.5));
  EXPECT_EQ(event_.ts_ms, 1'699'999'999'000);
  EXPECT_EQ(event_.labels, (std::vector<Label>{{"level", "web"}, {"route", "/a"}, {"zone", "b"}}));
  EXPECT_EQ(event_.org, "acme");
  EXPECT_EQ(event_.id, "x-1");
}

TEST_F(EventDecoderTest, NothingIsLeftOverFromTheRecordBefore) {
  ASSERT_EQ(Decode(R"({"name":"a","type":"gauge","value":5,"ts":1,"labels":{"x":"y"},"org":"o","id":"i"})"), "none");
  ASSERT_EQ(Decode(R"({"name":"b"})"), "none");
  EXPECT_EQ(event_.name, "b");
  EXPECT_EQ(event_.type, MetricType::kCounter);
  EXPECT_EQ(event_.value, Number::Of(int64_t{1}));
  EXPECT_EQ(event_.ts_ms, kRecordMs);
  EXPECT_TRUE(event_.labels.empty());
  EXPECT_EQ(event_.org, kDefaultOrg);
  EXPECT_EQ(event_.id, "");
}

TEST_F(EventDecoderTest, TheValueOfASetIsAMember) {
  ASSERT_EQ(Decode(R"({"name":"visitors","type":"set","value":"ann","org":"acme"})"), "none");
  EXPECT_EQ(event_.type, MetricType::kSet);
  EXPECT_EQ(event_.member, "ann");
  EXPECT_EQ(event_.value, Number());
  EXPECT_TRUE(event_.counted);
  ASSERT_EQ(Decode(R"({"name":"visitors","type":"set","value":18446744073709551615})"), "none");
  EXPECT_EQ(event_.member, "18446744073709551615");
  ASSERT_EQ(Decode(R"({"name":"visitors","type":"counter","value":7})"), "none");
  EXPECT_EQ(event_.member, "") << "nothing is left over";
  EXPECT_EQ(Decode(R"({"name":"visitors","type":"counter","value":"ann"})"), "bad_value") << "only of a set";
}

TEST_F(EventDecoderTest, NestingIsAllowedToTheLimitAndNotBeyond) {
  for (const char* inside : {"", "1", "{}"}) {
    int own = inside[0] == '{' ? 1 : 0;
    int room = kMaxJsonDepth - 1 - own;  // the event is the first level
    EXPECT_EQ(Decode(R"({"name":"a","x":)" + Nested(room, inside) + "}"), "none");
    EXPECT_EQ(Decode(R"({"name":"a","x":)" + Nested(room + 1, inside) + "}"), "too_deep");
    EXPECT_EQ(Decode(R"({"name":"a","labels":)" + Nested(room + 1, inside) + "}"), "too_deep");
    EXPECT_EQ(Decode(Nested(kMaxJsonDepth + 1 - own, inside)), "too_deep");
    EXPECT_EQ(Decode(Nested(kMaxJsonDepth - own, inside)), "not_an_object");
  }
  EXPECT_EQ(Decode(Nested(200'000, "")), "too_deep");
}

TEST_F(EventDecoderTest, Sizes) {
  std::string head = R"({"name":"a","x":")";
  std::string fits = head + std::string(kMaxEventBytes - head.size() - 2, 'x') + "\"}";
  ASSERT_EQ(fits.size(), kMaxEventBytes);
  EXPECT_EQ(Decode(fits), "none");
  EXPECT_EQ(Decode(fits + " "), "too_large");
  EXPECT_EQ(Decode(R"({"name":"a"})"), "none") << "the decoder goes on";
}

TEST_F(EventDecoderTest, AMebibyteOfBigNumbersStillDecodes) {
  std::string record = R"({"name":"a","x":[1)";
  while (record.size() < kMaxEventBytes - 50) record += ",18446744073709551616";
  EXPECT_EQ(Decode(record + "]}"), "none");
}

TEST_F(EventDecoderTest, InvalidUtf8) {
  for (const char* bytes : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_EQ(Decode(std::string(R"({"name":"a)") + bytes + "\"}"), "malformed");
    EXPECT_EQ(Decode(std::string(R"({"name":"a","x":")") + bytes + "\"}"), "malformed") << "in a key that is not read";
  }
  EXPECT_EQ(Decode("\xef\xbb\xbf{\"name\":\"a\"}"), "malformed") << "a byte order mark";
}

TEST_F(EventDecoderTest, LabelsBeyondTheLimit) {
  auto labels = [](size_t count) {
    std::string json = R"({"name":"a","level":"web","labels":{)";
    for (size_t i = 0; i < count; ++i) json += (i == 0 ? "\"l" : ",\"l") + std::to_string(i) + "\":\"v\"";
    return json + "}}";
  };
  EXPECT_EQ(Decode(labels(kMaxLabels)), "none");
  EXPECT_EQ(event_.labels.size(), kMaxLabels + 1) << "the level comes on top";
  EXPECT_TRUE(std::is_sorted(event_.labels.begin(), event_.labels.end()));
  EXPECT_EQ(Decode(labels(kMaxLabels + 1)), "bad_labels");
}

TEST_F(EventDecoderTest, TheFutureIsMeasuredFromTheRecord) {
  auto at = [](int64_t ts) { return R"({"name":"a","ts":)" + std::to_string(ts) + "}"; };
  EXPECT_EQ(Decode(at(kRecordMs + kMaxFutureMs)), "none");
  EXPECT_EQ(Decode(at(kRecordMs + kMaxFutureMs + 1)), "from_the_future");
  std::string far_record = at(0);
  EXPECT_EQ(decoder_.Decode(far_record, INT64_MAX, &event_), RejectReason::kNone);
  EXPECT_EQ(decoder_.Decode(far_record, INT64_MIN, &event_), RejectReason::kFromTheFuture);
}

TEST_F(EventDecoderTest, DamagedRecordsNeverCrashIt) {
  const std::string kRecord =
      R"({"name":"latency\n\u00e9","type":"timer","value":-1.25e3,"ts":"2016-01-02T03:04:05.678Z",)"
      R"("level":"web","labels":{"a":"b","c":"d"},"org":"acme","id":"x","n":[1,{"deep":[null,true]}],)"
      R"("big":123456789012345678901234567890})";
  ASSERT_EQ(Decode(kRecord), "none");
  for (size_t size = 0; size < kRecord.size(); ++size) EXPECT_EQ(Decode(kRecord.substr(0, size)), "malformed") << size;
  std::mt19937_64 random(41);
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string damaged = kRecord;
    for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    if (Decode(damaged) != "none") continue;
    ++accepted;
    ASSERT_FALSE(event_.name.empty());
    ASSERT_LE(event_.ts_ms, kRecordMs + kMaxFutureMs);
  }
  EXPECT_GT(accepted, 0);
}

TEST(RejectReasonTest, EveryReasonHasANameOfItsOwn) {
  std::vector<std::string_view> names;
  for (int i = 0; i < kRejectReasons; ++i) names.push_back(RejectReasonName(static_cast<RejectReason>(i)));
  EXPECT_EQ(names, (std::vector<std::string_view>{"none", "malformed", "not_an_object", "too_large", "too_deep",
                                                  "missing_name", "bad_name", "bad_type", "bad_value", "bad_timestamp",
                                                  "from_the_future", "bad_labels", "bad_org", "bad_id", "bad_control",
                                                  "unknown_encoding", "unsupported"}));
}

}  // namespace
}  // namespace odometer
