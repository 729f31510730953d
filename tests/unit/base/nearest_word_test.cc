#include "common/base/nearest_word.h"

#include <gtest/gtest.h>

#include <vector>

namespace odometer {
namespace {

TEST(EditDistance, CountsTheSmallestNumberOfChanges) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("commit.intervall", "commit.interval"), 1u);
}

TEST(NearestWord, IsTheFirstOfThoseWithTheSmallestDistance) {
  const std::vector<std::string_view> words = {"counter", "gauge", "guage"};
  EXPECT_EQ(NearestWord("conter", words), "counter");
  EXPECT_EQ(NearestWord("gage", words), "gauge");
  EXPECT_EQ(NearestWord("", words), "gauge");
  EXPECT_EQ(NearestWord(std::string(1 << 20, 'g'), words), "gauge");
  EXPECT_EQ(NearestWord("set", std::vector<std::string>{"incr", "set_value"}), "set_value");
  EXPECT_EQ(NearestWord("x", std::vector<std::string>()), "");
}

}  // namespace
}  // namespace odometer
