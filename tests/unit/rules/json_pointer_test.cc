#include "rules/json_pointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer::rules {
namespace {

using testing::ElementsAre;

TEST(JsonPointer, TheExamplesOfRfc6901) {
  EXPECT_THAT(*ParseJsonPointer("/foo"), ElementsAre("foo"));
  EXPECT_THAT(*ParseJsonPointer("/foo/0"), ElementsAre("foo", "0"));
  EXPECT_THAT(*ParseJsonPointer("/"), ElementsAre(""));
  EXPECT_THAT(*ParseJsonPointer("/a~1b"), ElementsAre("a/b"));
  EXPECT_THAT(*ParseJsonPointer("/c%d"), ElementsAre("c%d"));
  EXPECT_THAT(*ParseJsonPointer("/ "), ElementsAre(" "));
  EXPECT_THAT(*ParseJsonPointer("/m~0n"), ElementsAre("m~n"));
  EXPECT_THAT(*ParseJsonPointer("/~01"), ElementsAre("~1"));
  EXPECT_THAT(*ParseJsonPointer("//a/"), ElementsAre("", "a", ""));
}

TEST(JsonPointer, WhatIsNone) {
  for (const char* text : {"", "a", "a/b", "/~", "/~2", "/a~/b", "#/a"}) {
    EXPECT_FALSE(ParseJsonPointer(text).ok()) << text;
  }
  std::string longest;
  for (size_t i = 0; i < kMaxPointerTokens; ++i) longest += "/a";
  EXPECT_TRUE(ParseJsonPointer(longest).ok());
  EXPECT_FALSE(ParseJsonPointer(longest + "/a").ok());
}

}  // namespace
}  // namespace odometer::rules
