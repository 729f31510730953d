#include "common/kafka/record_copy.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace odometer {
namespace {

TEST(RecordCopyTest, KeepsWhatTheRecordPointedTo) {
  std::optional<RecordCopy> copy;
  {
    std::string key = "key", value = "value", name = "name", text;
    const OutRecord record{.key = key, .value = value, .headers = {{name, text}, {"trace", value}}, .partition = 3};
    EXPECT_EQ(QueuedBytes(record), 3u + 5 + 4 + 5 + 5);
    copy.emplace("topic", record);
    key = value = name = "gone";
  }
  EXPECT_EQ(copy->topic(), "topic");
  EXPECT_EQ(copy->View().key, "key");
  EXPECT_EQ(copy->View().value, "value");
  EXPECT_FALSE(copy->View().tombstone);
  EXPECT_EQ(copy->View().partition, 3);
  ASSERT_EQ(copy->View().headers.size(), 2u);
  EXPECT_EQ(copy->View().headers[0].name, "name");
  EXPECT_EQ(copy->View().headers[0].value, "");
  EXPECT_EQ(copy->View().headers[1].name, "trace");
  EXPECT_EQ(copy->View().headers[1].value, "value");
}

TEST(RecordCopyTest, ATombstoneStaysOne) {
  const RecordCopy copy("topic", {.key = "key", .tombstone = true});
  EXPECT_TRUE(copy.View().tombstone);
  EXPECT_EQ(copy.View().value, "");
}

}  // namespace
}  // namespace odometer
