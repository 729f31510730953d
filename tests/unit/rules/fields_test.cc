// What pointers find in a record, and as what it is taken.
#include <gtest/gtest.h>

#include <string>

#include "rules/json_pointer.h"
#include "rules/record_reader.h"

namespace odometer::rules {
namespace {

class FieldsTest : public testing::Test {
 protected:
  // What each pointer finds in the record, as text.
  std::string Find(std::string_view record, const std::vector<std::string>& pointers) {
    FieldTable table;
    std::vector<FieldId> fields;
    for (const std::string& pointer : pointers) fields.push_back(table.Add(pointer, *ParseJsonPointer(pointer)));
    RecordReader reader(&table);
    // One that has seen another record finds the same.
    EXPECT_EQ(reader.Read(R"({"a":{"b":7,"c":[1,2,3],"":1},"b":8})"), RejectReason::kNone);
    if (RejectReason bad = reader.Read(record); bad != RejectReason::kNone) return std::string(RejectReasonName(bad));
    std::string found;
    for (FieldId field : fields) found += (found.empty() ? "" : " ") + Shown(reader.values()[field]);
    return found;
  }

  static std::string Shown(const FieldValue& value) {
    switch (value.kind) {
      case FieldValue::Kind::kMissing: return "-";
      case FieldValue::Kind::kContainer: return "container";
      case FieldValue::Kind::kText: return "'" + std::string(value.text) + "'";
      default: break;
    }
    std::string buffer;
    return std::string(*value.AsText(&buffer));
  }
};

TEST_F(FieldsTest, PointersFind) {
  struct Case {
    const char* record;
    std::vector<std::string> pointers;
    const char* found;
  };
  const Case kCases[] = {
      {R"({"a":1,"b":"x","c":true,"d":1.5,"e":null})", {"/a", "/b", "/c", "/d", "/e", "/f"}, "1 'x' true 1.5 - -"},
      {R"({"a":{"b":{"c":1}}})", {"/a/b/c", "/a/b", "/a/c", "/b"}, "1 container - -"},
      {R"({"a":[5,{"b":6}]})", {"/a/0", "/a/1/b", "/a/2", "/a/-", "/a/00", "/a/01", "/a/+1"}, "5 6 - - - - -"},
      {R"({"a":[5,6,7],"b":[]})", {"/a/length", "/b/length", "/c/length"}, "3 0 -"},
      {R"({"a":{"length":9}})", {"/a/length"}, "9"},
      {R"({"a":"text"})", {"/a/length"}, "-"},
      {R"({"a/b":1,"m~n":2,"":3," ":4,"0":5})", {"/a~1b", "/m~0n", "/", "/ ", "/0"}, "1 2 3 4 5"},
      {R"({"\u0061":"\u00e9\n"})", {"/a"}, "'\u00e9\n'"},
      {R"({"a":1,"a":2})", {"/a"}, "2"},
      {R"({"a":{"b":1,"c":2},"a":{"c":3}})", {"/a/b", "/a/c"}, "- 3"},
      {R"({"a":{"b":1},"a":5})", {"/a/b", "/a"}, "- 5"},
      {R"({"a":1,"a":null})", {"/a"}, "-"},
      {R"({"a":18446744073709551615,"b":-9223372036854775808,"c":36893488147419103232})",
       {"/a", "/b", "/c"},
       "18446744073709551615 -9223372036854775808 36893488147419103232"},
      {R"({"a":)", {"/a"}, "malformed"},
      {R"({"a":1} x)", {"/a"}, "malformed"},
      {"{\"a\":\"\xff\"}", {"/a"}, "malformed"},
      {R"([{"a":1}])", {"/a"}, "not_an_object"},
      {"", {"/a"}, "malformed"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Find(c.record, c.pointers), c.found) << c.record;
}

TEST_F(FieldsTest, DeepAndLargeRecordsAreRefused) {
  EXPECT_EQ(Find(R"({"a":)" + std::string(500, '[') + "1" + std::string(500, ']') + "}", {"/a"}), "container");
  EXPECT_EQ(Find(R"({"a":)" + std::string(600, '[') + "1" + std::string(600, ']') + "}", {"/a"}), "too_deep");
  EXPECT_EQ(Find(R"({"a":")" + std::string(kMaxEventBytes, 'x') + "\"}", {"/a"}), "too_large");
}

TEST(FieldTable, TheSamePointerIsTheSameField) {
  FieldTable table;
  const FieldId a = table.Add("/a/b", {"a", "b"});
  EXPECT_EQ(table.Add("/a/b", {"a", "b"}), a);
  EXPECT_NE(table.Add("/a", {"a"}), a);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(table.pointer(a), "/a/b");
}

TEST(FieldValue, TakenAsANumber) {
  auto number = [](std::string_view text) {
    const std::optional<Number> parsed = FieldValue::OfText(text).AsNumber();
    return parsed ? parsed->ToJson() : "none";
  };
  for (const char* same : {"0", "-1", "12.5", "18446744073709551615", "-9223372036854775808"}) {
    EXPECT_EQ(number(same), same);
  }
  EXPECT_EQ(number("1e3"), "1000");
  EXPECT_EQ(number("-0"), "0");
  EXPECT_EQ(number("2.0E+1"), "20");
  EXPECT_EQ(number("18446744073709551616"), "18446744073709551616");
  for (const char* none : {"", " 1", "1 ", "+1", "01", ".5", "5.", "1e", "1e+", "0x10", "1_000", "1,5", "NaN", "inf",
                           "1e999", "-", "true"}) {
    EXPECT_EQ(number(none), "none") << none;
  }
  EXPECT_EQ(FieldValue::OfBool(true).AsNumber(), Number::Of(int64_t{1}));
  EXPECT_EQ(FieldValue::OfBool(false).AsNumber(), Number::Of(int64_t{0}));
  EXPECT_EQ(FieldValue::Container().AsNumber(), std::nullopt);
  EXPECT_EQ(FieldValue().AsNumber(), std::nullopt);
}

TEST(FieldValue, TakenAsTextOrBoolean) {
  std::string buffer;
  EXPECT_EQ(FieldValue::OfNumber(Number::Of(1.5)).AsText(&buffer), "1.5");
  EXPECT_EQ(FieldValue::OfBool(true).AsText(&buffer), "true");
  EXPECT_EQ(FieldValue::Container().AsText(&buffer), std::nullopt);
  EXPECT_EQ(FieldValue().AsText(&buffer), std::nullopt);
  EXPECT_EQ(FieldValue::OfText("false").AsBool(), false);
  EXPECT_EQ(FieldValue::OfText("True").AsBool(), std::nullopt);
  EXPECT_EQ(FieldValue::OfNumber(Number::Of(int64_t{1})).AsBool(), std::nullopt);
}

TEST(FieldValue, ViewsOfTheSameValueStayValid) {
  std::string buffer;
  const FieldValue value = FieldValue::OfNumber(Number::Of(uint64_t{18446744073709551615u}));
  const std::string_view first = *value.AsText(&buffer);
  const std::string_view second = *value.AsText(&buffer);
  EXPECT_EQ(first.data(), second.data());
}

}  // namespace
}  // namespace odometer::rules
