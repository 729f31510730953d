#include "ingest/item_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/event_decoder.h"

namespace odometer {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

// The event's JSON, or "!reason field".
std::string Parsed(const std::string& json) {
  std::variant<IngestRecord, ItemError> item = ParseItem(json, kNowMs);
  if (const auto* error = std::get_if<ItemError>(&item)) {
    return "!" + std::string(RejectReasonName(error->reason)) + (error->field.empty() ? "" : " " + error->field);
  }
  // What ingest lets through, the processor accepts.
  Event event;
  EventDecoder decoder;
  const IngestRecord& record = std::get<IngestRecord>(item);
  EXPECT_EQ(decoder.Decode(record.value, kNowMs, &event), RejectReason::kNone) << record.value;
  return record.value;
}

TEST(ParseItem, TypesAreTakenInAnyCase) {
  EXPECT_EQ(Parsed(R"({"name":"n","type":"Gauge","value":-2})"), R"({"name":"n","type":"gauge","value":-2})");
  EXPECT_EQ(Parsed(R"({"name":"n","type":"meter","value":2})"), R"({"name":"n","type":"meter","value":2})");
}

TEST(ParseItem, NumbersStayExact) {
  EXPECT_THAT(Parsed(R"({"name":"n","type":"COUNTER","value":9007199254740993})"),
              ::testing::HasSubstr("\"value\":9007199254740993}"));
  EXPECT_THAT(Parsed(R"({"name":"n","type":"COUNTER","value":18446744073709551615})"),
              ::testing::HasSubstr("\"value\":18446744073709551615}"));
  EXPECT_THAT(Parsed(R"({"name":"n","type":"COUNTER","value":-9223372036854775808})"),
              ::testing::HasSubstr("\"value\":-9223372036854775808}"));
  EXPECT_THAT(Parsed(R"({"name":"n","type":"TIMER","value":0.1})"), ::testing::HasSubstr("\"value\":0.1}"));
}

TEST(ParseItem, NumbersThatCannotBeExactAreRefused) {
  for (const char* value : {"18446744073709551616", "-9223372036854775809", "99999999999999999999999", "\"1\"", "null",
                            "true", "[1]", "{}"}) {
    EXPECT_EQ(Parsed(R"({"name":"n","type":"COUNTER","value":)" + std::string(value) + "}"), "!bad_value value")
        << value;
  }
  EXPECT_EQ(Parsed(R"({"name":"n","type":"COUNTER"})"), "!bad_value value");
  for (const char* value : {"1e999", "NaN", "Infinity", "01", "+1", "1."}) {
    EXPECT_EQ(Parsed(R"({"name":"n","type":"COUNTER","value":)" + std::string(value) + "}"), "!malformed") << value;
  }
}

TEST(ParseItem, TheTypeIsRequired) {
  for (const char* type : {"\"GADGET\"", "\"event\"", "\"\"", "5", "null"}) {
    EXPECT_EQ(Parsed(R"({"name":"n","value":1,"type":)" + std::string(type) + "}"), "!bad_type type") << type;
  }
  EXPECT_EQ(Parsed(R"({"name":"n","value":1})"), "!bad_type type");
}

TEST(ParseItem, ASetsValueIsTextOrAWholeNumber) {
  auto parsed = [](const std::string& value) { return Parsed(R"({"name":"n","type":"SET","value":)" + value + "}"); };
  EXPECT_EQ(parsed(R"("ann")"), R"({"name":"n","type":"set","value":"ann"})");
  EXPECT_EQ(parsed(R"("\u00e9 \"")"), "{\"name\":\"n\",\"type\":\"set\",\"value\":\"\u00e9 \\\"\"}");
  EXPECT_EQ(parsed(R"("null")"), R"({"name":"n","type":"set","value":"null"})");
  EXPECT_EQ(parsed("18446744073709551615"), R"({"name":"n","type":"set","value":"18446744073709551615"})");
  for (const char* value : {"18446744073709551616", "-9223372036854775809", "1.5", "null", "true", "[\"ann\"]",
                            "\"\""}) {
    EXPECT_EQ(parsed(value), "!bad_value value") << value;
  }
  EXPECT_EQ(parsed('"' + std::string(512, 'v') + '"'),
            R"({"name":"n","type":"set","value":")" + std::string(512, 'v') + "\"}");
  EXPECT_EQ(parsed('"' + std::string(513, 'v') + '"'), "!bad_value value");
  EXPECT_EQ(Parsed(R"({"name":"n","type":"SET"})"), "!bad_value value");
}

TEST(ParseItem, TheNameIsTextOfAtMost512Bytes) {
  EXPECT_EQ(Parsed(R"({"name":5,"type":"METER","value":1})"), "!bad_name name");
  EXPECT_EQ(Parsed(R"({"name":")" + std::string(513, 'n') + R"(","type":"METER","value":1})"), "!bad_name name");
  EXPECT_EQ(Parsed(R"({"type":"METER","value":1})"), "!missing_name name");
  EXPECT_EQ(Parsed(R"({"name":"a\u0000b","type":"METER","value":1})"),
            R"({"name":"a\u0000b","type":"meter","value":1})");
}

TEST(ParseItem, TheOverflowSeriesIsReserved) {
  EXPECT_EQ(Parsed(R"({"name":"__overflow__","type":"COUNTER","value":1})"), "!bad_name name");
}

TEST(ParseItem, TheLevelIsTextOrAbsent) {
  const std::string without = R"({"name":"n","type":"meter","value":1})";
  EXPECT_EQ(Parsed(R"({"level":null,"name":"n","type":"METER","value":1})"), without);
  EXPECT_EQ(Parsed(R"({"level":"","name":"n","type":"METER","value":1})"), without);
  EXPECT_EQ(Parsed(R"({"level":5,"name":"n","type":"METER","value":1})"), "!bad_labels level");
  const auto item = ParseItem(R"({"level":"a.b","name":"c/d","type":"METER","value":1})", kNowMs);
  EXPECT_EQ(std::get<IngestRecord>(item).key, "a.b.c/d");
  EXPECT_EQ(std::get<IngestRecord>(item).name, "c/d");
}

TEST(ParseItem, TheOrgIsTheCallersAndNeverTheItems) {
  for (const char* org : {"\"other\"", "\"acme\"", "5", "\"\"", "\"__overflow__\"", "null"}) {
    const std::string json = R"({"name":"n","type":"METER","value":1,"org":)" + std::string(org) + "}";
    EXPECT_EQ(Parsed(json), R"({"name":"n","type":"meter","value":1})") << org;
    EXPECT_EQ(std::get<IngestRecord>(ParseItem(json, kNowMs, "ac\"me")).value,
              R"({"name":"n","type":"meter","value":1,"org":"ac\"me"})")
        << org;
  }
}

TEST(ParseItem, TimeLabelsAndIdGoThrough) {
  EXPECT_EQ(Parsed(R"({"id":"7","labels":{"z":"1","a":"é"},"ts":"2016-01-02T03:04:05Z","name":"n","type":"METER",)"
                   R"("value":1,"level":"l"})"),
            R"({"name":"n","type":"meter","value":1,"ts":1451703845000,"level":"l","labels":{"a":"é","z":"1"},"id":"7"})");
  // A time that is given stays, even the very present one.
  EXPECT_THAT(Parsed(R"({"name":"n","type":"METER","value":1,"ts":1700000000000})"),
              ::testing::HasSubstr("\"ts\":1700000000000"));
  EXPECT_THAT(Parsed(R"({"name":"n","type":"METER","value":1,"ts":null})"), ::testing::Not(::testing::HasSubstr("ts")));
}

TEST(ParseItem, BadTimesLabelsAndIdsAreNamed) {
  const std::string head = R"({"name":"n","type":"METER","value":1,)";
  EXPECT_EQ(Parsed(head + R"("ts":"yesterday"})"), "!bad_timestamp ts");
  EXPECT_EQ(Parsed(head + R"("ts":1700000300000})"), R"({"name":"n","type":"meter","value":1,"ts":1700000300000})");
  EXPECT_EQ(Parsed(head + R"("ts":1700000300001})"), "!from_the_future ts");
  EXPECT_EQ(Parsed(head + R"("labels":[]})"), "!bad_labels labels");
  EXPECT_EQ(Parsed(head + R"("labels":{"a":1}})"), "!bad_labels labels");
  EXPECT_EQ(Parsed(head + R"("id":5})"), "!bad_id id");
}

TEST(ParseItem, TheOrgIsNeverTakenFromTheBody) {
  for (const char* org : {"\"theirs\"", "5", "\"\"", "{\"a\":[1]}"}) {
    EXPECT_EQ(Parsed(R"({"org":)" + std::string(org) + R"(,"name":"n","type":"METER","value":1})"),
              R"({"name":"n","type":"meter","value":1})")
        << org;
  }
}

TEST(ParseItem, UnknownKeysAreIgnoredButMustBeJson) {
  EXPECT_EQ(Parsed(R"({"x":{"y":[1,"]}",null]},"name":"n","type":"METER","value":1,"n\u0061me2":0})"),
            R"({"name":"n","type":"meter","value":1})");
  EXPECT_EQ(Parsed(R"({"x":tru,"name":"n","type":"METER","value":1})"), "!malformed");
}

TEST(ParseItem, EscapedKeysAndTheLastOfDuplicatesCount) {
  EXPECT_EQ(Parsed(R"({"n\u0061me":"n","type":"METER","value":"x","value":2,"type":null,"type":"GAUGE"})"),
            R"({"name":"n","type":"gauge","value":2})");
  EXPECT_EQ(Parsed(R"({"name":"n","type":"METER","value":1,"type":null})"), "!bad_type type");
}

TEST(ParseItem, WhatIsNoObjectIsRefused) {
  for (const char* json : {"5", "\"text\"", "null", "[[]]"}) EXPECT_EQ(Parsed(json), "!not_an_object") << json;
  for (const char* json : {"{", "{\"a\":1}}", "{\"a\" 1}", "{\"name\":\"\xff\"}", "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(Parsed(json), "!malformed") << json;
  }
  std::string deep = R"({"name":"n","type":"METER","value":1,"x":)";
  EXPECT_EQ(Parsed(deep + std::string(16, '[') + std::string(16, ']') + "}"), "!too_deep");
  EXPECT_EQ(Parsed(deep + std::string(15, '[') + std::string(15, ']') + "}"), R"({"name":"n","type":"meter","value":1})");
  EXPECT_EQ(Parsed(R"({"name":"n","type":"METER","value":1,"x":")" + std::string(1 << 20, 'x') + "\"}"), "!too_large");
}

}  // namespace
}  // namespace odometer
