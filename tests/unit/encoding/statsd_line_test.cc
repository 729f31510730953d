#include "common/encoding/statsd_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace odometer {
namespace {

// The events of the line, one JSON per value, a relative one marked; or the reason why there is none.
std::string Read(std::string_view text) {
  StatsdLine line;
  const RejectReason reason = ParseStatsdLine(text, &line);
  if (reason != RejectReason::kNone) return std::string(RejectReasonName(reason));
  std::string read;
  for (const StatsdValue& value : line.values) {
    if (!read.empty()) read += ' ';
    if (line.relative) read += "change ";
    StatsdEventToJson(line, value, &read);
  }
  return read;
}

TEST(StatsdLine, IsAnEvent) {
  const struct {
    std::string_view line;
    std::string_view event;
  } kCases[] = {
      {"a:1|c", R"({"name":"a","type":"counter","value":1})"},
      {"a.b c/d:-3|c", R"({"name":"a.b c/d","type":"counter","value":-3})"},
      {"a:+3|c", R"({"name":"a","type":"counter","value":3})"},
      {"a:18446744073709551615|c", R"({"name":"a","type":"counter","value":18446744073709551615})"},
      {"a:1.5e3|c", R"({"name":"a","type":"counter","value":1500})"},
      {"a:3|c|@0.1", R"({"name":"a","type":"counter","value":30})"},
      {"a:1|c|@0.4", R"({"name":"a","type":"counter","value":2.5})"},
      {"a:7|c|@1", R"({"name":"a","type":"counter","value":7})"},
      {"a:320|ms", R"({"name":"a","type":"timer","value":320})"},
      {"a:.5|h", R"({"name":"a","type":"timer","value":0.5})"},
      {"a:2|d", R"({"name":"a","type":"timer","value":2})"},
      {"a:320|ms|@0.1", R"({"name":"a","type":"timer","value":320})"},
      {"a:1|m", R"({"name":"a","type":"meter","value":1})"},
      {"a:17|g", R"({"name":"a","type":"gauge","value":17})"},
      {"a:+4|g", R"(change {"name":"a","type":"gauge","value":4})"},
      {"a:-4.5|g", R"(change {"name":"a","type":"gauge","value":-4.5})"},
      {"a:1|c|#k:v", R"({"name":"a","type":"counter","value":1,"labels":{"k":"v"}})"},
      {"a:1|c|#k:v:w,k2,,level:web", R"({"name":"a","type":"counter","value":1,"labels":{"k":"v:w","k2":"","level":"web"}})"},
      {"a:1|c|@0.5|#k:v|T1700000000", R"({"name":"a","type":"counter","value":2,"ts":1700000000000,"labels":{"k":"v"}})"},
      {"a:1|c|#", R"({"name":"a","type":"counter","value":1})"},
      {"a:1|c|c:in-3fa|e:it-1|card:low", R"({"name":"a","type":"counter","value":1})"},
      {"a:ann|s", R"({"name":"a","type":"set","value":"ann"})"},
      {"a:7:bob|s", R"({"name":"a","type":"set","value":"7"} {"name":"a","type":"set","value":"bob"})"},
      {"a:1:2.5|ms", R"({"name":"a","type":"timer","value":1} {"name":"a","type":"timer","value":2.5})"},
      {"a\"\n:1|c", R"({"name":"a\"\n","type":"counter","value":1})"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Read(c.line), c.event) << c.line;
}

TEST(StatsdLine, IsRefusedWithItsReason) {
  const struct {
    std::string_view line;
    std::string_view reason;
  } kCases[] = {
      {"", "malformed"},
      {"a", "malformed"},
      {"a:1", "malformed"},
      {"a|c", "malformed"},
      {"a|c:1", "malformed"},
      {":1|c", "missing_name"},
      {"a:1|", "bad_type"},
      {"a:1|C", "bad_type"},
      {"a:1|x|#k:v", "bad_type"},
      {"a:|c", "bad_value"},
      {"a:1:|ms", "bad_value"},
      {"a:1::2|ms", "bad_value"},
      {"a:x|c", "bad_value"},
      {"a:1x|c", "bad_value"},
      {"a:0x10|c", "bad_value"},
      {"a:nan|g", "bad_value"},
      {"a:inf|g", "bad_value"},
      {"a:1e999|g", "bad_value"},
      {"a:+-1|g", "bad_value"},
      {"a:1e308|c|@0.0001", "bad_value"},
      {"a:1|c|@0", "malformed"},
      {"a:1|c|@-1", "malformed"},
      {"a:1|c|@1.5", "malformed"},
      {"a:1|c|@", "malformed"},
      {"a:1|c|@nan", "malformed"},
      {"a:1|c|T", "bad_timestamp"},
      {"a:1|c|T1.5", "bad_timestamp"},
      {"a:1|c|T253402300800", "bad_timestamp"},
      {"a:1|c|T9223372036854775807", "bad_timestamp"},
      {"users:|s", "bad_value"},
      {"a:+1:2|g", "unsupported"},
      {"_e{5,4}:title|text", "unsupported"},
      {"_sc|redis|0", "unsupported"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Read(c.line), c.reason) << c.line;
}

TEST(StatsdLine, IsTooLargeWhenItsEventsAre) {
  const std::string name(1000, 'n');
  std::string values = ":1";
  while (values.size() < 2 * 1040) values += ":1";
  EXPECT_NE(Read(name + values + "|c"), "too_large");
  while (values.size() < 2 * 1050) values += ":1";
  EXPECT_EQ(Read(name + values + "|c"), "too_large");
}

TEST(StatsdLine, EndsWithALineFeed) {
  const struct {
    std::string_view text;
    std::vector<std::string_view> lines;
  } kCases[] = {
      {"", {}}, {"a", {"a"}}, {"a\n", {"a"}}, {"a\r\nb", {"a", "b"}}, {"\na\n\n", {"", "a", ""}}, {"a\rb\n", {"a\rb"}},
  };
  for (const auto& c : kCases) {
    std::vector<std::string_view> lines;
    for (std::string_view rest = c.text; !rest.empty();) lines.push_back(TakeStatsdLine(&rest));
    EXPECT_EQ(lines, c.lines) << c.text;
  }
}

}  // namespace
}  // namespace odometer
