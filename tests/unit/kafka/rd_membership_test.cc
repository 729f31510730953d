#include "common/kafka/rd_membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer::rd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::string_literals;

// Version 1; events/0 and events/258; commands without any; no user data.
const std::string kAssignment =
    "\0\1"
    "\0\0\0\2"
    "\0\6events\0\0\0\2\0\0\0\0\0\0\1\2"
    "\0\10commands\0\0\0\0"
    "\377\377\377\377"s;

TEST(ParseAssignmentTest, ReadsTheTopicsAndTheirPartitions) {
  Result<std::set<TopicPartition>> partitions = ParseAssignment(kAssignment);
  ASSERT_TRUE(partitions.ok()) << partitions.status().ToString();
  EXPECT_THAT(*partitions, ElementsAre(TopicPartition{"events", 0}, TopicPartition{"events", 258}));
}

TEST(ParseAssignmentTest, AMemberMayHaveNone) {
  Result<std::set<TopicPartition>> partitions = ParseAssignment("");
  ASSERT_TRUE(partitions.ok()) << partitions.status().ToString();
  EXPECT_THAT(*partitions, IsEmpty());
}

TEST(ParseAssignmentTest, RefusesWhatIsCutShort) {
  const size_t user_data_bytes = 4;
  for (size_t size = 1; size < kAssignment.size() - user_data_bytes; ++size) {
    EXPECT_TRUE(ParseAssignment(kAssignment.substr(0, size)).status().Is(ErrorKind::kInvalid)) << size;
  }
  EXPECT_TRUE(ParseAssignment("\0\1\377\377\377\377"s).ok()) << "no topics";
  EXPECT_TRUE(ParseAssignment("\0\1\0\0\0\1\377\377"s).status().Is(ErrorKind::kInvalid)) << "a negative length";
  EXPECT_TRUE(ParseAssignment("\0\1\177\377\377\377"s).status().Is(ErrorKind::kInvalid)) << "more topics than bytes";
}

}  // namespace
}  // namespace odometer::rd
