// What a task says of the memory of its overlay: by it commits are made, so that memory.limit holds.
#include <gtest/gtest.h>

#include <string>

#include "processor/task.h"

namespace odometer {
namespace {

TaskOptions Options() {
  TaskOptions options;
  options.tiers = TierSet::Default();
  return options;
}

class TaskMemory : public testing::Test {
 protected:
  // By how much the memory of what is not yet sealed has grown.
  int64_t Grown(const std::string& type, const std::string& value) {
    const size_t before = task_.PendingBytes();
    const std::string json = R"({"name":"m","type":")" + type + R"(","ts":1700000000000,"value":)" + value + "}";
    RecordView record;
    record.offset = offset_++;
    record.timestamp_ms = 1'700'000'000'000;
    record.value = json;
    task_.Process(record, &decoder_);
    return static_cast<int64_t>(task_.PendingBytes()) - static_cast<int64_t>(before);
  }

  EventDecoder decoder_;
  Task task_{0, Options(), TaskMeta(), SeriesDictionary(), SeenIds(SeenIdsOptions())};
  int64_t offset_ = 0;
};

TEST_F(TaskMemory, TheMembersOfASetAreCountedAsTheyGrowAndAsRegistersTakeTheirPlace) {
  Grown("set", "0");
  EXPECT_EQ(Grown("set", "0"), 0) << "it is there already";
  int64_t grown = 0;
  for (size_t i = 1; i < DistinctSketch::kMaxTokens; ++i) grown += Grown("set", std::to_string(i));
  EXPECT_GE(grown, static_cast<int64_t>((DistinctSketch::kMaxTokens - 2) * sizeof(uint32_t)));
  EXPECT_LE(grown, static_cast<int64_t>(2 * DistinctSketch::kMaxTokens * sizeof(uint32_t)));
  for (int i = 0; i < 1'000; ++i) grown += Grown("set", std::to_string(1'000'000 + i));
  EXPECT_NEAR(static_cast<double>(grown), static_cast<double>(DistinctSketch::kRegisters), 100);
  task_.Seal();
  EXPECT_LE(task_.PendingBytes(), 10'000u);
}

TEST_F(TaskMemory, ATimersSketchIsCountedAndACounterHasNone) {
  Grown("counter", "1");
  EXPECT_EQ(Grown("counter", "2"), 0);
  Grown("timer", "1");
  int64_t grown = 0;
  for (int i = 2; i < 100; ++i) grown += Grown("timer", std::to_string(i));
  EXPECT_GT(grown, 500);
}

}  // namespace
}  // namespace odometer
