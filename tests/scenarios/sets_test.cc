// Sets: distinct members, merged over commits, partitions, crashes and restores to the same bytes.
#include <gtest/gtest.h>

#include <string>

#include "common/model/aggregate_codec.h"
#include "common/model/control.h"
#include "common/model/views.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

std::string MemberJson(const std::string& member, int64_t ts_ms, const std::string& more = "") {
  return R"({"name":"visitors","type":"set","value":)" + member + R"(,"ts":)" + std::to_string(ts_ms) + more + "}";
}
std::string User(int number) { return "\"user-" + std::to_string(number) + "\""; }

std::string Bytes(const Aggregate& aggregate) {
  std::string bytes;
  AggregateCodec::Encode(aggregate, &bytes);
  return bytes;
}

class Sets : public testing::Test {
 protected:
  void Send(int32_t partition, const std::string& json) { odometer_.Send(partition, json); }
  void Settle() {
    const Status status = odometer_.Settle();
    ASSERT_TRUE(status.ok()) << status.message();
  }
  Aggregate Total() { return odometer_.Total("visitors", MetricType::kSet); }
  std::vector<uint64_t> Counts(int64_t size_ms) {
    std::vector<uint64_t> counts;
    for (const Bucket& bucket : odometer_.Windows("visitors", size_ms, size_ms, MetricType::kSet)) {
      counts.push_back(DistinctCount(bucket.aggregate));
    }
    return counts;
  }

  ProcessorUnderTest odometer_{2};
};

TEST_F(Sets, DistinctMembersAreCountedPerWindowTierAndInAll) {
  for (int second = 0; second < 3; ++second) {
    for (int user = 0; user < 10; ++user) {
      // Each second has 5 new ones; each comes on both partitions, and twice.
      for (int32_t partition : {0, 1, 1}) Send(partition, MemberJson(User(5 * second + user), kT + 1'000 * second));
    }
    Settle();
  }
  EXPECT_EQ(Counts(1'000), (std::vector<uint64_t>{10, 10, 10}));
  EXPECT_EQ(Counts(60'000), (std::vector<uint64_t>{20}));
  EXPECT_EQ(Counts(3'600'000), (std::vector<uint64_t>{20}));
  EXPECT_EQ(DistinctCount(Total()), 20u);
  EXPECT_EQ(Total().count(), 90u);
}

TEST_F(Sets, AWholeNumberIsTheTextOfItsDigits) {
  for (const char* member : {"17", "\"17\"", "17.0", "\"17.0\"", "-17"}) Send(0, MemberJson(member, kT));
  Settle();
  EXPECT_EQ(DistinctCount(Total()), 3u);
}

TEST_F(Sets, LargeOnesComeThroughCrashesAndALostDiskToTheByte) {
  // More than are kept one by one, half of them on both partitions.
  DistinctSketch expected;
  for (int i = 0; i < 7'500; ++i) expected.Add(DistinctSketch::HashOf("user-" + std::to_string(i)));
  for (int part = 0; part < 10; ++part) {
    for (int i = 0; i < 500; ++i) {
      Send(0, MemberJson(User(500 * part + i), kT + part));
      Send(1, MemberJson(User(2'500 + 500 * part + i), kT + part));
    }
    if (part % 3 == 0) {
      ASSERT_TRUE(odometer_.Round(200).ok());
    }
    if (part % 4 == 1) {
      odometer_.Crash();
      if (part == 5) odometer_.LoseStore();
      odometer_.Start();
    }
  }
  Settle();
  EXPECT_EQ(*Total().members(), expected);
  EXPECT_NEAR(static_cast<double>(DistinctCount(Total())), 7'500, 0.02 * 7'500);
  EXPECT_EQ(Total().count(), 10'000u);
  const std::string before = Bytes(Total());
  odometer_.Crash();
  odometer_.LoseStore();
  odometer_.Start();
  Settle();
  EXPECT_EQ(Bytes(Total()), before);
}

TEST_F(Sets, WhatIsNoMemberIsRejected) {
  const std::string too_long = "\"" + std::string(kMaxNameBytes + 1, 'v') + "\"";
  for (const std::string& member : {std::string("\"\""), std::string("null"), std::string("true"), std::string("1.5"),
                                    std::string("[1]"), too_long}) {
    Send(0, MemberJson(member, kT));
  }
  Send(0, R"({"name":"visitors","type":"set"})");
  Send(0, MemberJson("\"" + std::string(kMaxNameBytes, 'v') + "\"", kT));
  Settle();
  EXPECT_EQ(DistinctCount(Total()), 1u);
  const Accounting accounting = odometer_.Position().tasks.at(0).accounting;
  EXPECT_EQ(accounting.rejected[static_cast<size_t>(RejectReason::kBadValue)], 7u);
  EXPECT_EQ(accounting.applied, 1u);
  EXPECT_EQ(odometer_.broker.CommittedRecords({kDeadLetters, 0}).size(), 7u);
}

TEST_F(Sets, AnEventSentAgainIsADuplicateAndForgettingStartsAnew) {
  for (int i = 0; i < 2; ++i) Send(0, MemberJson(User(1), kT, R"(,"id":"a")"));
  Settle();
  EXPECT_EQ(Total().count(), 1u);
  EXPECT_EQ(odometer_.Position().tasks.at(0).accounting.duplicate, 1u);
  const std::string forget = EncodeControl({.org = "default", .qualified_name = "visitors", .set = {}});
  for (int32_t partition : {0, 1}) odometer_.Send(partition, forget, {{kControlHeader, "forget"}});
  for (int user : {2, 3}) Send(0, MemberJson(User(user), kT));
  Settle();
  EXPECT_EQ(DistinctCount(Total()), 2u);
}

TEST_F(Sets, PastTheLimitOfSeriesTheOverflowSeriesHasTheMembersOfAll) {
  odometer_.limits = {.series = 10, .series_per_org = 2};
  odometer_.Crash();
  odometer_.Start();
  for (const char* page : {"a", "b", "c", "d"}) {
    for (int user = 0; user < 4; ++user) {
      Send(0, MemberJson(User(user + page[0]), kT, std::string(R"(,"labels":{"page":")") + page + R"("})"));
    }
  }
  Settle();
  EXPECT_EQ(DistinctCount(Total()), 5u) << "of a and b";
  EXPECT_EQ(DistinctCount(odometer_.Total(std::string(kOverflowName), MetricType::kSet)), 5u) << "of c and d";
}

}  // namespace
}  // namespace odometer
