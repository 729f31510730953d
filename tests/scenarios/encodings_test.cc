// The same event in every encoding counts the same; what cannot be read is a dead letter that says why.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <metric_event.pb.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/model/aggregate_codec.h"
#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

using nlohmann::json;
using testing::ElementsAre;

std::string Text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

struct Encoded {
  std::string value;
  std::vector<Header> headers;
};

// One timer, of 41.5 ms at kT.
std::vector<Encoded> InEveryEncoding() {
  const json event = {{"name", "checkout"}, {"type", "timer"}, {"value", 41.5}, {"ts", kT}, {"labels", {{"country", "de"}}}};
  v1::MetricEvent message;
  message.set_name("checkout");
  message.set_type(v1::MetricEvent::TIMER);
  message.set_fraction(41.5);
  message.set_ts_ms(kT);
  (*message.mutable_labels())["country"] = "de";
  const json cloud_event = {{"specversion", "1.0"}, {"id", "1"}, {"source", "shop"}, {"type", "t"}, {"data", event}};
  return {{event.dump(), {}},
          {event.dump(), {{"content-type", "application/json"}}},
          {Text(json::to_cbor(event)), {{"content-type", "application/cbor"}}},
          {Text(json::to_msgpack(event)), {{"content-type", "application/msgpack"}}},
          {message.SerializeAsString(), {{"content-type", "application/x-protobuf"}}},
          {cloud_event.dump(), {{"content-type", "application/cloudevents+json"}}},
          {Text(json::to_cbor(event)),
           {{"ce_specversion", "1.0"}, {"ce_id", "2"}, {"ce_source", "shop"}, {"content-type", "application/cbor"}}},
          {"checkout:41.5|ms|#country:de|T" + std::to_string(kT / 1000), {{"content-type", "text/x-statsd"}}}};
}

TEST(Encodings, TheSameEventCountsTheSame) {
  std::vector<std::string> aggregates;
  for (const Encoded& record : InEveryEncoding()) {
    ProcessorUnderTest odometer(1);
    odometer.Send(0, record.value, record.headers);
    ASSERT_TRUE(odometer.Settle().ok());
    const Aggregate aggregate = odometer.Total("checkout", MetricType::kTimer);
    EXPECT_EQ(aggregate.count(), 1u);
    AggregateCodec::Encode(aggregate, &aggregates.emplace_back());
    EXPECT_EQ(aggregates.back(), aggregates.front());
  }
}

TEST(Encodings, AreMixedOnOneTopicAndCountOnceThroughACrash) {
  ProcessorUnderTest odometer(2);
  const std::vector<Encoded> records = InEveryEncoding();
  for (size_t i = 0; i < records.size(); ++i) {
    odometer.Send(static_cast<int32_t>(i % 2), records[i].value, records[i].headers);
    ASSERT_TRUE(odometer.Round(1).ok());
    if (i == 3) odometer.Crash(), odometer.Start();
  }
  ASSERT_TRUE(odometer.Settle().ok());
  const Aggregate total = odometer.Total("checkout", MetricType::kTimer);
  EXPECT_EQ(total.count(), records.size());
  ASSERT_EQ(records.size(), 8u);
  EXPECT_EQ(total.sum().ToJson(), "332");
}

TEST(Encodings, ACloudEventThatComesAgainIsADuplicate) {
  ProcessorUnderTest odometer(1);
  const std::vector<Header> binary = {{"ce_specversion", "1.0"}, {"ce_id", "1"}, {"ce_source", "shop"}};
  odometer.Send(0, R"({"name":"a"})", binary);
  odometer.Send(0, R"({"name":"a"})", binary);
  odometer.Send(0, R"({"specversion":"1.0","id":"1","source":"shop","data":{"name":"a"}})",
                {{"content-type", "application/cloudevents+json"}});
  ASSERT_TRUE(odometer.Settle().ok());
  EXPECT_EQ(odometer.Total("a").count(), 1u);
  EXPECT_EQ(odometer.Position().tasks.at(0).accounting.duplicate, 2u);
}

TEST(Encodings, WhatCannotBeReadIsADeadLetterWithItsReason) {
  ProcessorUnderTest odometer(1);
  const Encoded kRecords[] = {
      {R"({"name":"a"})", {{"content-type", "application/avro"}}},
      {"_sc|redis|0", {{"content-type", "text/x-statsd"}}},
      {"a:1|c\nb:1|c", {{"content-type", "text/x-statsd"}}},
      {"\xa1", {{"content-type", "application/cbor"}}},
  };
  for (const Encoded& record : kRecords) odometer.Send(0, record.value, record.headers);
  ASSERT_TRUE(odometer.Settle().ok());
  std::vector<std::string> reasons;
  const auto letters = odometer.broker.CommittedRecords({kDeadLetters, 0});
  ASSERT_EQ(letters.size(), std::size(kRecords));
  for (size_t i = 0; i < letters.size(); ++i) {
    EXPECT_EQ(letters[i].value, kRecords[i].value);
    reasons.push_back(letters[i].headers.at(0).second);
    EXPECT_EQ(letters[i].headers.back().second, kRecords[i].headers[0].value);
  }
  EXPECT_THAT(reasons, ElementsAre("unknown_encoding", "unsupported", "unsupported", "malformed"));
  EXPECT_EQ(odometer.Position().tasks.at(0).accounting.rejected_total(), letters.size());
}

TEST(Encodings, OfTypeEventAreKeptAsJson) {
  ProcessorUnderTest odometer(1);
  const json event = {{"name", "deploy"}, {"type", "event"}, {"value", "v1.2"}, {"who", {"ann"}}};
  odometer.Send(0, Text(json::to_cbor(event)), {{"content-type", "application/cbor"}});
  ASSERT_TRUE(odometer.Settle().ok());
  Result<EventsPage> page = odometer.Events({.org = "default", .name = "deploy", .limit = 10});
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->bodies, event.dump());
}

}  // namespace
}  // namespace odometer
