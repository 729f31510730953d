#include "common/state/state_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/base/bytes.h"
#include "common/model/aggregate_codec.h"
#include "tests/unit/state/state_writer.h"

namespace odometer {
namespace {

using testing::HasSubstr;

constexpr uint64_t kId = 0x1122334455667788;

std::string Body(const std::string& frame) {
  EXPECT_EQ(FrameBodyBytes(frame.substr(0, kFrameLengthBytes)), frame.size() - kFrameLengthBytes);
  return frame.substr(kFrameLengthBytes);
}

SeriesSelector FullSelector() {
  return {.org = "acme",
          .name = std::string("a\0b", 3),
          .qualified_name = "",
          .type = MetricType::kTimer,
          .labels = {{"host", "x"}, {"", ""}},
          .of_sources = true};
}
void ExpectEqual(const SeriesSelector& a, const SeriesSelector& b) {
  EXPECT_EQ(a.org, b.org);
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.qualified_name, b.qualified_name);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.of_sources, b.of_sources);
}

StatePosition FullPosition() {
  StatePosition position{.partitions_total = 4, .tasks = {}};
  position.tasks.push_back({.partition = 3,
                            .next_input_offset = 1'000'000'000'000,
                            .stream_time_ms = -5,
                            .commit_wall_ms = 1'700'000'000'000,
                            .log_end_offset = 1'000'000'000'007,
                            .log_end_seen_ms = 1'700'000'000'009,
                            .accounting = {.consumed = 5, .applied = 4}});
  position.tasks[0].accounting.rejected[2] = 1;
  position.tasks.push_back({.partition = 0});
  TaskPosition of_source{.partition = 9, .next_input_offset = 4};
  of_source.rules = {.events = 70, .without_events = 3, .forgotten = 1, .versions = {{0xfedcba9876543210, 17, -5}}};
  position.sources = {{"shop.orders", 5, 12, {of_source, {.partition = 10}}, {{3, 250}}}, {"shop.clicks", 2, 0, {}}};
  position.restoring = {{0, 0}, {7, 1000}};
  return position;
}
void ExpectEqual(const std::vector<TaskPosition>& a, const std::vector<TaskPosition>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].partition, b[i].partition);
    EXPECT_EQ(a[i].next_input_offset, b[i].next_input_offset);
    EXPECT_EQ(a[i].stream_time_ms, b[i].stream_time_ms);
    EXPECT_EQ(a[i].commit_wall_ms, b[i].commit_wall_ms);
    EXPECT_EQ(a[i].log_end_offset, b[i].log_end_offset);
    EXPECT_EQ(a[i].log_end_seen_ms, b[i].log_end_seen_ms);
    EXPECT_EQ(a[i].accounting, b[i].accounting);
    EXPECT_EQ(a[i].rules, b[i].rules);
  }
}
void ExpectEqual(const StatePosition& a, const StatePosition& b) {
  EXPECT_EQ(a.partitions_total, b.partitions_total);
  ExpectEqual(a.tasks, b.tasks);
  EXPECT_EQ(a.restoring, b.restoring);
  ASSERT_EQ(a.sources.size(), b.sources.size());
  for (size_t i = 0; i < a.sources.size(); ++i) {
    EXPECT_EQ(a.sources[i].topic, b.sources[i].topic);
    EXPECT_EQ(a.sources[i].slot, b.sources[i].slot);
    EXPECT_EQ(a.sources[i].partitions_total, b.sources[i].partitions_total);
    ExpectEqual(a.sources[i].tasks, b.sources[i].tasks);
    EXPECT_EQ(a.sources[i].restoring, b.sources[i].restoring);
  }
}

Aggregate TimerOf(int64_t value) {
  Aggregate aggregate;
  for (int64_t i = 0; i < 10; ++i) aggregate.Add(Number::Of(value + i), 1'000 + i, {1, i}, true);
  return aggregate;
}
std::string Bytes(const Aggregate& aggregate) {
  std::string bytes;
  AggregateCodec::Encode(aggregate, &bytes);
  return bytes;
}

WindowsAnswer FullWindows() {
  WindowsAnswer answer{.buckets = {}, .cut = true, .complete_from_ms = -1'000};
  answer.buckets.push_back({-5'000, TimerOf(1)});
  answer.buckets.push_back({5'000, TimerOf(100)});
  return answer;
}
SeriesPage FullPage() {
  SeriesPage page{.totals = {}, .next_after = std::string("\0\xff", 2)};
  page.totals.push_back({MakeSeries("a", {{"host", "x"}}, MetricType::kTimer, "acme"), TimerOf(7)});
  return page;
}

Cardinality FullCardinality() {
  Cardinality answer;
  answer.series_by_task = {{0, 7}, {3, 1'000'000}};
  answer.orgs = {{"acme", "", 9}, {"other", "", 8}};
  answer.names = {{"acme", std::string("a\0b", 3), 5}};
  answer.overflowing = {{"acme", "", 1ull << 63}};
  return answer;
}

EventsQuery FullEventsQuery() {
  EventsQuery query{.org = "acme", .name = "", .from_ms = -5, .to_ms = 1'451'606'400'000};
  query.after = EventPlace{-5, 1'700'000'000'000, 3, 1ll << 40};
  query.before_offsets = {{0, 7}, {3, 1ll << 41}};
  query.limit = 1ull << 60;
  return query;
}
EventsPage FullEventsPage() {
  EventsPage page{.rows = {}, .bodies = R"({"a":1}{})", .more = true, .retained_from_ms = -7};
  page.rows = {{{-5, 6, 3, 9}, 7}, {{-5, 7, 0, 1}, 2}};
  return page;
}

TEST(StateProtocol, EventsComeBack) {
  uint64_t id = 0;
  for (const EventsQuery& query : {EventsQuery{.limit = 1}, FullEventsQuery()}) {
    auto request = DecodeRequest(Body(EncodeRequestFrame({.id = kId, .what = EventsRequest{query}})), &id);
    ASSERT_TRUE(request.ok());
    const EventsQuery& decoded = std::get<EventsRequest>(request->what).query;
    EXPECT_EQ(decoded.org, query.org);
    EXPECT_EQ(decoded.name, query.name);
    EXPECT_EQ(decoded.from_ms, query.from_ms);
    EXPECT_EQ(decoded.to_ms, query.to_ms);
    EXPECT_EQ(decoded.after, query.after);
    EXPECT_EQ(decoded.before_offsets, query.before_offsets);
    EXPECT_EQ(decoded.limit, query.limit);
  }
  const std::string answer = Body(EncodeAnswerFrame(kId, Result(FullEventsPage())));
  EventsPage page;
  ASSERT_TRUE(DecodeAnswer(answer, kId, &page).ok());
  EXPECT_EQ(page.bodies, FullEventsPage().bodies);
  ASSERT_EQ(page.rows.size(), 2u);
  EXPECT_EQ(page.rows[0].place, FullEventsPage().rows[0].place);
  EXPECT_EQ(page.rows[0].body_bytes, 7u);
  EXPECT_EQ(page.rows[1].body_bytes, 2u);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.retained_from_ms, -7);
  for (size_t size = 0; size < answer.size(); ++size) {
    EventsPage cut;
    EXPECT_TRUE(DecodeAnswer(answer.substr(0, size), kId, &cut).Is(ErrorKind::kRetry)) << size;
  }
}

TEST(StateProtocol, RequestsComeBack) {
  uint64_t id = 0;
  auto cardinality = DecodeRequest(Body(EncodeRequestFrame({.id = kId, .what = CardinalityRequest{"acme", 77}})), &id);
  ASSERT_TRUE(cardinality.ok());
  EXPECT_EQ(std::get<CardinalityRequest>(cardinality->what).org, "acme");
  EXPECT_EQ(std::get<CardinalityRequest>(cardinality->what).limit, 77u);
  auto view = DecodeRequest(Body(EncodeRequestFrame({.id = kId, .what = ViewRequest{.patience_ms = 5'000}})), &id);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(std::get<ViewRequest>(view->what).patience_ms, 5'000u);
  EXPECT_EQ(view->id, kId);
  EXPECT_EQ(id, kId);
  auto release = DecodeRequest(Body(EncodeRequestFrame({.id = kId, .what = ReleaseRequest{}})), &id);
  ASSERT_TRUE(release.ok());
  EXPECT_TRUE(std::holds_alternative<ReleaseRequest>(release->what));

  for (const SeriesSelector& selector : {SeriesSelector(), FullSelector()}) {
    const WindowRange range{.size_ms = 60'000, .from_ms = kBeginningOfTime, .to_ms = kForever, .bucket_ms = 120'000};
    auto windows = DecodeRequest(Body(EncodeRequestFrame({.id = 2, .what = WindowsRequest{selector, range}})), &id);
    ASSERT_TRUE(windows.ok());
    const auto& what = std::get<WindowsRequest>(windows->what);
    ExpectEqual(what.selector, selector);
    EXPECT_EQ(what.range.size_ms, range.size_ms);
    EXPECT_EQ(what.range.from_ms, range.from_ms);
    EXPECT_EQ(what.range.to_ms, range.to_ms);
    EXPECT_EQ(what.range.bucket_ms, range.bucket_ms);

    const WindowRange days{.size_ms = 3'600'000, .from_ms = -7'200'000, .bucket_starts = {-7'200'000, 79'200'000, 1ll << 50}};
    auto calendar = DecodeRequest(Body(EncodeRequestFrame({.id = 4, .what = WindowsRequest{selector, days}})), &id);
    ASSERT_TRUE(calendar.ok());
    EXPECT_EQ(std::get<WindowsRequest>(calendar->what).range.bucket_starts, days.bucket_starts);
    EXPECT_EQ(std::get<WindowsRequest>(calendar->what).range.from_ms, days.from_ms);

    auto totals = DecodeRequest(Body(EncodeRequestFrame({.id = 3, .what = TotalsRequest{selector, "after", 77}})), &id);
    ASSERT_TRUE(totals.ok());
    ExpectEqual(std::get<TotalsRequest>(totals->what).selector, selector);
    EXPECT_EQ(std::get<TotalsRequest>(totals->what).after, "after");
    EXPECT_EQ(std::get<TotalsRequest>(totals->what).limit, 77u);
  }
}

TEST(StateProtocol, AnswersComeBack) {
  StatePosition position;
  ASSERT_TRUE(DecodeAnswer(Body(EncodeAnswerFrame(kId, Result(FullPosition()))), kId, &position).ok());
  ExpectEqual(position, FullPosition());

  WindowsAnswer windows;
  ASSERT_TRUE(DecodeAnswer(Body(EncodeAnswerFrame(kId, Result(FullWindows()))), kId, &windows).ok());
  EXPECT_TRUE(windows.cut);
  EXPECT_EQ(windows.complete_from_ms, -1'000);
  EXPECT_EQ(Text(Result(windows)), Text(Result(FullWindows())));
  EXPECT_EQ(Bytes(windows.buckets[1].aggregate), Bytes(TimerOf(100)));

  SeriesPage page;
  ASSERT_TRUE(DecodeAnswer(Body(EncodeAnswerFrame(kId, Result(FullPage()))), kId, &page).ok());
  EXPECT_EQ(page.next_after, FullPage().next_after);
  ASSERT_EQ(page.totals.size(), 1u);
  EXPECT_EQ(page.totals[0].series, FullPage().totals[0].series);
  EXPECT_EQ(Bytes(page.totals[0].aggregate), Bytes(TimerOf(7)));

  Cardinality cardinality;
  ASSERT_TRUE(DecodeAnswer(Body(EncodeAnswerFrame(kId, Result(FullCardinality()))), kId, &cardinality).ok());
  EXPECT_EQ(cardinality, FullCardinality());
}

TEST(StateProtocol, ErrorsComeBackWithKindAndMessage) {
  for (ErrorKind kind : {ErrorKind::kInvalid, ErrorKind::kNotFound, ErrorKind::kRetry, ErrorKind::kAbort,
                         ErrorKind::kRecover, ErrorKind::kStop}) {
    WindowsAnswer answer;
    Status status = DecodeAnswer(
        Body(EncodeAnswerFrame(kId, Result<WindowsAnswer>(Status(kind, "what to do")))), kId, &answer);
    EXPECT_TRUE(status.Is(kind)) << status.ToString();
    EXPECT_EQ(status.message(), "what to do");
  }
}

TEST(StateProtocol, AnotherVersionIsRefusedClearlyAndNamesTheRequest) {
  std::string body = Body(EncodeRequestFrame({.id = kId, .what = ViewRequest{}}));
  body[0] = 2;
  uint64_t id = 0;
  Status status = DecodeRequest(body + "more that only version 2 knows", &id).status();
  EXPECT_TRUE(status.Is(ErrorKind::kInvalid));
  EXPECT_THAT(status.message(), HasSubstr("version 2"));
  EXPECT_EQ(id, kId);
}

TEST(StateProtocol, AnswersToOtherRequestsAreRefused) {
  StatePosition position;
  EXPECT_TRUE(
      DecodeAnswer(Body(EncodeAnswerFrame(8, Result(FullPosition()))), 9, &position).Is(ErrorKind::kRetry));
  // An answer to a request whose id could not be read is an error, and passed on.
  Status refused = DecodeAnswer(Body(EncodeErrorFrame(0, Status::Invalid("too long"))), 9, &position);
  EXPECT_EQ(refused.ToString(), "invalid: too long");
}

TEST(StateProtocol, CutBodiesAreRefused) {
  const std::string request = Body(EncodeRequestFrame({.id = kId, .what = TotalsRequest{FullSelector(), "x", 9}}));
  for (size_t size = 0; size < request.size(); ++size) {
    uint64_t id = 0;
    EXPECT_FALSE(DecodeRequest(request.substr(0, size), &id).ok()) << size;
  }
  const std::string answer = Body(EncodeAnswerFrame(kId, Result(FullPage())));
  for (size_t size = 0; size < answer.size(); ++size) {
    SeriesPage page;
    EXPECT_TRUE(DecodeAnswer(answer.substr(0, size), kId, &page).Is(ErrorKind::kRetry)) << size;
  }
}

// Any bytes at all: an error or not, but nothing worse (the sanitizers watch).
TEST(StateProtocol, ChangedBytesDoNoHarm) {
  std::mt19937 random(7);
  const std::string request = Body(EncodeRequestFrame({.id = kId, .what = WindowsRequest{FullSelector(), {}}}));
  const std::string answer = Body(EncodeAnswerFrame(kId, Result(FullWindows())));
  size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = i % 2 == 0 ? request : answer;
    for (int changes = 1 + static_cast<int>(random() % 4); changes > 0; --changes) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    uint64_t id = 0;
    WindowsAnswer decoded;
    if (i % 2 == 0 ? !DecodeRequest(changed, &id).ok() : !DecodeAnswer(changed, kId, &decoded).ok()) ++refused;
  }
  EXPECT_GT(refused, 1'000u);
}

TEST(StateProtocol, AnAnswerThatIsTooLargeSaysSo) {
  SeriesPage page;
  page.next_after = std::string(kMaxAnswerFrameBytes, 'x');
  SeriesPage decoded;
  Status status = DecodeAnswer(Body(EncodeAnswerFrame(kId, Result(page))), kId, &decoded);
  EXPECT_TRUE(status.Is(ErrorKind::kInvalid));
  EXPECT_THAT(status.message(), HasSubstr("too large"));
}

}  // namespace
}  // namespace odometer
