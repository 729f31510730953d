#include "ingest/array_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(SplitJsonArray, GivesTheItemsTexts) {
  EXPECT_THAT(SplitJsonArray(R"( [ {"a":[1,2]} , "x,]" ,3,{"b":"\"}],"} ] )"),
              Optional(ElementsAre(R"({"a":[1,2]})", R"("x,]")", "3", R"({"b":"\"}],"})")));
  EXPECT_THAT(SplitJsonArray("[1]"), Optional(ElementsAre("1")));
  EXPECT_THAT(SplitJsonArray("[ \n]"), Optional(IsEmpty()));
}

TEST(SplitJsonArray, ItemsMayBeAnything) {
  EXPECT_THAT(SplitJsonArray("[{\"a\" 1},nonsense,\xff]"), Optional(ElementsAre("{\"a\" 1}", "nonsense", "\xff")));
}

TEST(SplitJsonArray, ABrokenArrayIsRefused) {
  for (const char* broken : {"[", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1]]", "[1] 2", "[\"a]", "[\"a\\\"]",
                             "[{]", "[1}", "[[1]", "[}]"}) {
    EXPECT_EQ(SplitJsonArray(broken), std::nullopt) << broken;
  }
}

}  // namespace
}  // namespace odometer
