#include "query/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace odometer {
namespace {

TEST(JsonWriter, SetsCommasBetweenElementsAndNowhereElse) {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Key("a").BeginArray().Integer(-1).Unsigned(2).BeginObject().EndObject().BeginArray().EndArray();
  json.EndArray().Key("b").String("x").EndObject();
  EXPECT_EQ(text, R"({"a":[-1,2,{},[]],"b":"x"})");
}

TEST(JsonWriter, EscapesTextAndReplacesWhatIsNotUtf8) {
  std::string text;
  JsonWriter(&text).BeginObject().Key("q\"\n").String("\xff\\é").EndObject();
  EXPECT_EQ(text, "{\"q\\\"\\n\":\"\xef\xbf\xbd\\\\é\"}");
}

TEST(JsonWriter, WritesNoNumberThatJsonDoesNotHave) {
  std::string text;
  JsonWriter(&text).BeginArray().Double(0.5).Double(std::nullopt).Double(INFINITY).Double(NAN).EndArray();
  EXPECT_EQ(text, "[0.5,null,null,null]");
}

TEST(JsonWriter, KeepsEveryDigit) {
  std::string text;
  JsonWriter(&text).Raw("340282366920938463463374607431768211455");
  EXPECT_EQ(text, "340282366920938463463374607431768211455");
}

}  // namespace
}  // namespace odometer
