// Raw events are kept as they were sent, in event order, through crashes, restores and rebalances; those that are numbers
// are counted too.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/model/control.h"
#include "common/model/raw_event.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

std::vector<Header> RawHeaders(std::string_view ts, std::string_view org = kDefaultOrg) {
  return {{kKindHeader, kRawKind}, {kOrgHeader, org}, {kTsHeader, ts}};
}

// The bodies, in order, one per line; or the error.
std::string Bodies(ProcessorUnderTest* odometer, const EventsQuery& query) {
  Result<EventsPage> page = odometer->Events(query);
  if (!page.ok()) return page.status().ToString();
  std::string text;
  size_t at = 0;
  for (const EventsPage::Row& row : page->rows) {
    text += page->bodies.substr(at, row.body_bytes) + "\n";
    at += row.body_bytes;
  }
  return text + (page->more ? "…" : "");
}
std::string All(ProcessorUnderTest* odometer, std::optional<std::string> name = {}, const std::string& org = "default") {
  return Bodies(odometer, {.org = org, .name = std::move(name), .limit = 1000});
}

TEST(RawEvents, AreKeptAsTheyWereSentInEventOrder) {
  ProcessorUnderTest odometer(2);
  const std::string first = R"({"z":1, "name":"a" ,"value":123456789012345678901234567890,"name2":null})";
  const std::string second = R"({"value":"text","name":"a","org":"not the org","ts":"2016-01-01","type":7})";
  const std::string third = R"({"name":["a"],"value":[1,{"b":2}]})";
  odometer.Send(1, third, RawHeaders("3000"));
  odometer.Send(0, " " + second + "\n", RawHeaders("2000"));
  odometer.Send(1, first, RawHeaders("1000"));
  odometer.Send(0, second, RawHeaders("2000"));
  odometer.Send(0, first, RawHeaders("1000", "acme"));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(All(&odometer), first + "\n" + second + "\n" + second + "\n" + third + "\n");
  EXPECT_EQ(All(&odometer, "a"), first + "\n" + second + "\n" + second + "\n");
  EXPECT_EQ(All(&odometer, R"(["a"])"), third + "\n");
  EXPECT_EQ(All(&odometer, "b"), "");
  EXPECT_EQ(All(&odometer, {}, "acme"), first + "\n");
  EXPECT_EQ(All(&odometer, {}, "not the org"), "");
}

TEST(RawEvents, OfOneInstantAreInTheOrderOfTheirArrival) {
  ProcessorUnderTest odometer(2);
  std::string expected;
  for (int i = 0; i < 10; ++i) {
    const std::string body = R"({"name":"n)" + std::to_string(i % 3) + R"(","value":)" + std::to_string(i) + "}";
    odometer.clock.Advance(1);
    odometer.Send(i % 2, body, RawHeaders("1451606400000"));
    expected += body + "\n";
  }
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(All(&odometer), expected);
}

TEST(RawEvents, AreFoundByTimeWithBothEnds) {
  ProcessorUnderTest odometer(2);
  for (int ts : {-5, 0, 5, 10}) {
    odometer.Send(ts & 1, R"({"name":"a","value":)" + std::to_string(ts) + "}", RawHeaders(std::to_string(ts)));
  }
  ASSERT_TRUE(odometer.Settle().ok());
  const auto between = [&](int64_t from_ms, int64_t to_ms) {
    return Bodies(&odometer, {.name = "a", .from_ms = from_ms, .to_ms = to_ms, .limit = 10});
  };
  EXPECT_EQ(between(0, 5), "{\"name\":\"a\",\"value\":0}\n{\"name\":\"a\",\"value\":5}\n");
  EXPECT_EQ(between(-5, -5), "{\"name\":\"a\",\"value\":-5}\n");
  EXPECT_EQ(between(6, 9), "");
  EXPECT_EQ(between(9, 6), "");
}

TEST(RawEvents, PagesGoOnWhereTheLastOneEnded) {
  ProcessorUnderTest odometer(3);
  for (int i = 0; i < 20; ++i) {
    odometer.Send(i % 3, R"({"name":"a","value":)" + std::to_string(i) + "}", RawHeaders(std::to_string(i / 4)));
  }
  ASSERT_TRUE(odometer.Settle().ok());
  const std::string all = All(&odometer);
  EventsQuery query{.limit = 3};
  query.before_offsets = {{0, 100}, {1, 100}, {2, 100}};
  std::string paged;
  while (true) {
    Result<EventsPage> page = odometer.Events(query);
    ASSERT_TRUE(page.ok());
    paged += Bodies(&odometer, query);
    if (!page->more) break;
    ASSERT_TRUE(paged.ends_with("…"));
    paged.resize(paged.size() - std::string("…").size());
    query.after = page->rows.back().place;
  }
  EXPECT_EQ(paged, all);
  query = {.before_offsets = {{{0, 2}, {2, 1}}}, .limit = 100};
  EXPECT_EQ(Bodies(&odometer, query), "{\"name\":\"a\",\"value\":0}\n{\"name\":\"a\",\"value\":3}\n{\"name\":\"a\",\"value\":2}\n");
}

TEST(RawEvents, NumbersAreCountedToo) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, R"({"name":"a","value":2})", RawHeaders("1000"));
  odometer.Send(0, R"({"name":"a","value":"2"})", RawHeaders("1000"));
  odometer.Send(0, R"({"type":"event","name":"a","value":3,"ts":1000,"extra":[1]})");
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a", MetricType::kEvent).count(), 2u);
  EXPECT_EQ(odometer.Total("a", MetricType::kEvent).sum().ToJson(), "5");
  EXPECT_EQ(All(&odometer, "a"),
            "{\"name\":\"a\",\"value\":2}\n{\"name\":\"a\",\"value\":\"2\"}\n"
            "{\"type\":\"event\",\"name\":\"a\",\"value\":3,\"ts\":1000,\"extra\":[1]}\n");
  EXPECT_EQ(odometer.Position().tasks.at(0).accounting.applied, 3u);
}

TEST(RawEvents, BadOnesAreDeadLetters) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, "no json", RawHeaders("1000"));
  odometer.Send(0, R"({"name":"a"})", RawHeaders("1000"));
  odometer.Send(0, R"({"name":"a","value":1})", RawHeaders("soon"));
  odometer.Send(0, R"({"name":"a","value":1})", RawHeaders("1000", ""));
  odometer.Send(0, R"({"name":"a","value":1})", RawHeaders("1000", kOverflowName));
  odometer.Send(0, R"({"name":"a","value":1})", RawHeaders(std::to_string(odometer.clock.WallMs() + 300'001)));
  odometer.Send(0, R"({"name":"a","value":1})", {{kKindHeader, "cooked"}});
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(All(&odometer), "");
  const Accounting accounting = odometer.Position().tasks.at(0).accounting;
  EXPECT_EQ(accounting.rejected_total(), 7u);
  EXPECT_EQ(accounting.rejected[static_cast<size_t>(RejectReason::kBadOrg)], 2u);
  EXPECT_EQ(accounting.rejected[static_cast<size_t>(RejectReason::kMalformed)], 2u);
  EXPECT_EQ(odometer.broker.CommittedRecords({kDeadLetters, 0}).size(), 7u);
}

TEST(RawEvents, WithoutATimeHaveThatOfTheirRecord) {
  ProcessorUnderTest odometer(1);
  const int64_t now_ms = odometer.clock.WallMs();
  odometer.Send(0, R"({"name":"a","value":1,"ts":null})", {{kKindHeader, kRawKind}});
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(Bodies(&odometer, {.from_ms = now_ms, .to_ms = now_ms, .limit = 9}), "{\"name\":\"a\",\"value\":1,\"ts\":null}\n");
}

TEST(RawEvents, SentAgainUnderTheSameIdAreKeptOnce) {
  ProcessorUnderTest odometer(1);
  std::vector<Header> headers = RawHeaders("1000");
  headers.push_back({kIdHeader, "1"});
  for (int i = 0; i < 2; ++i) odometer.Send(0, R"({"name":"a","value":1,"id":"other"})", headers);
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(All(&odometer), "{\"name\":\"a\",\"value\":1,\"id\":\"other\"}\n");
  EXPECT_EQ(odometer.Position().tasks.at(0).accounting.duplicate, 1u);
}

TEST(RawEvents, SurviveACrashAndALostDisk) {
  for (bool disk_lost : {false, true}) {
    ProcessorUnderTest odometer(2);
    for (int i = 0; i < 30; ++i) {
      odometer.Send(i % 2, R"({"name":"n\u0000","value":)" + std::to_string(i) + "}", RawHeaders(std::to_string(1000 - i)));
    }
    ASSERT_TRUE(odometer.Settle().ok());
    const std::string all = All(&odometer);
    odometer.Send(0, R"({"name":"b","value":1})", RawHeaders("5"));
    ASSERT_TRUE(odometer.Round(1).ok());  // read, not committed
    odometer.Crash();
    if (disk_lost) odometer.LoseStore();
    odometer.Start();
    ASSERT_TRUE(odometer.Settle().ok());
    EXPECT_EQ(All(&odometer, std::string("n\0", 2)), all) << disk_lost;
    EXPECT_EQ(All(&odometer, "b"), "{\"name\":\"b\",\"value\":1}\n");
    EXPECT_EQ(odometer.ChangelogRecords("events", 0), 16u);
  }
}

TEST(RawEvents, AreNotForgottenWithTheirSeries) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, R"({"name":"a","value":1})", RawHeaders("1000"));
  const std::string forget = EncodeControl({.org = "default", .qualified_name = "a"});
  odometer.Send(0, forget, {{kControlHeader, "forget"}});
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a", MetricType::kEvent).count(), 0u);
  EXPECT_EQ(All(&odometer), "{\"name\":\"a\",\"value\":1}\n");
}

TEST(RawEvents, PastTheirRetentionByStreamTimeAreNotShownAndLate) {
  ProcessorUnderTest odometer(1, {{{1000, 60'000}}, false}, true, 10'000);
  odometer.Send(0, R"({"name":"a","value":"old"})", RawHeaders("0"));
  odometer.Send(0, R"({"name":"a","value":"kept"})", RawHeaders("1"));
  odometer.Send(0, R"({"name":"a","value":"new"})", RawHeaders("10001"));
  odometer.Send(0, R"({"name":"a","value":"late"})", RawHeaders("0"));
  odometer.Send(0, R"({"name":"a","value":7})", RawHeaders("0"));  // too old to be kept, not to be counted
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(All(&odometer), "{\"name\":\"a\",\"value\":\"kept\"}\n{\"name\":\"a\",\"value\":\"new\"}\n");
  const Accounting accounting = odometer.Position().tasks.at(0).accounting;
  EXPECT_EQ(accounting.late, 1u);
  EXPECT_EQ(accounting.applied, 4u);
  EXPECT_EQ(odometer.Windows("a", 1000, 0, MetricType::kEvent).size(), 1u);
  EXPECT_EQ(odometer.Events({.limit = 9})->retained_from_ms, 1);
}

TEST(RawEvents, PastALimitOfSeriesAreKeptAllTheSame) {
  ProcessorUnderTest odometer(1);
  odometer.Crash();
  odometer.limits.series_per_org = 1;
  odometer.Start();
  odometer.Send(0, R"({"name":"a","value":1})", RawHeaders("1"));
  odometer.Send(0, R"({"name":"b","value":2})", RawHeaders("2"));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total(std::string(kOverflowName), MetricType::kEvent).count(), 1u);
  EXPECT_EQ(odometer.Position().tasks.at(0).accounting.overflowed, 1u);
  EXPECT_EQ(All(&odometer, "b"), "{\"name\":\"b\",\"value\":2}\n");
}

TEST(RawEvents, OfAStateFromBeforeThereWereAnyAreKept) {
  ProcessorUnderTest odometer(1);
  odometer.Send(0, EventJson("a", 1, kT));
  ASSERT_TRUE(odometer.Settle().ok());
  odometer.Crash();
  std::string bytes;
  ASSERT_TRUE(odometer.store().Get(StateLayout::kMeta, CheckpointKey(0), &bytes).ok());
  TaskCheckpoint checkpoint = *DecodeTaskCheckpoint(bytes);
  checkpoint.changelog_next.erase("events");
  auto batch = odometer.store().NewBatch();
  batch->Put(StateLayout::kMeta, CheckpointKey(0), EncodeTaskCheckpoint(checkpoint));
  ASSERT_TRUE(odometer.store().Write(std::move(batch)).ok());
  odometer.Start();
  odometer.Send(0, R"({"name":"b","value":2})", RawHeaders("2"));
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Restores("full"), 0);
  EXPECT_EQ(All(&odometer), "{\"name\":\"b\",\"value\":2}\n");
}

}  // namespace
}  // namespace odometer
