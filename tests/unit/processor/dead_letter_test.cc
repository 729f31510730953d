#include "processor/dead_letter.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace odometer {
namespace {

// A record with headers.
class Record final : public RecordView::HeaderSource {
 public:
  explicit Record(std::vector<Header> headers, std::string_view value = "x") : headers_(std::move(headers)) {
    view_ = {.topic = "metrics.events", .partition = 3, .offset = 41, .timestamp_ms = 1234, .key = "k", .value = value};
    view_.header_source = this;
  }
  std::vector<Header> Headers() const override { return headers_; }
  const RecordView& view() const { return view_; }

 private:
  std::vector<Header> headers_;
  RecordView view_;
};

std::vector<std::pair<std::string_view, std::string_view>> Pairs(const std::vector<Header>& headers) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (const Header& header : headers) pairs.emplace_back(header.name, header.value);
  return pairs;
}

TEST(ReadDeadLetter, GivesBackWhatTheLetterWasMadeOf) {
  // Names like ours among the record's own must stay its own.
  const Record record({{"odometer-control", "set"}, {"odometer-reason", "mine"}, {"trace", ""}});
  const DeadLetter letter = MakeDeadLetter("bad_control", record.view(), 1'000'000);
  const OutRecord sent = ToRecord(letter);
  const Record received(sent.headers);
  const std::optional<DeadLetterOrigin> origin = ReadDeadLetter(received.view());
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->reason, "bad_control");
  EXPECT_EQ(origin->topic, "metrics.events");
  EXPECT_EQ(origin->partition, 3);
  EXPECT_EQ(origin->offset, 41);
  EXPECT_EQ(origin->timestamp_ms, 1234);
  EXPECT_EQ(origin->cut, "");
  EXPECT_EQ(Pairs(origin->headers), Pairs(record.Headers()));
}

TEST(ReadDeadLetter, SaysWhatWasCut) {
  const std::string value(5'000, 'v');
  const Record record({{"trace", "1"}}, value);
  const DeadLetter letter = MakeDeadLetter("too_large", record.view(), 2'000);
  const OutRecord sent = ToRecord(letter);
  const Record received(sent.headers);
  const std::optional<DeadLetterOrigin> origin = ReadDeadLetter(received.view());
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->cut, "key=1 value=5000 headers=6");
  EXPECT_EQ(Pairs(origin->headers), Pairs({{"trace", "1"}}));
}

TEST(ReadDeadLetter, OtherRecordsAreNone) {
  const std::vector<Header> good = {{"odometer-reason", "malformed"}, {"odometer-topic", "t"},
                                    {"odometer-partition", "0"}, {"odometer-offset", "7"}, {"odometer-timestamp", "-1"}};
  EXPECT_TRUE(ReadDeadLetter(Record(good).view()));
  EXPECT_FALSE(ReadDeadLetter(Record({}).view()));
  for (size_t i = 0; i < good.size(); ++i) {
    std::vector<Header> without = good;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(ReadDeadLetter(Record(without).view())) << good[i].name;
  }
  for (size_t number : {2u, 3u, 4u}) {
    std::vector<Header> bad = good;
    bad[number].value = "x";
    EXPECT_FALSE(ReadDeadLetter(Record(bad).view())) << good[number].name;
  }
}

}  // namespace
}  // namespace odometer
