#include "processor/state_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "common/store/memory_store.h"

namespace odometer {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StateFolderTest : public testing::Test {
 protected:
  // What somebody else is told about the folder of `ours_`.
  std::string Refusal(const StateFormat& other) {
    EXPECT_TRUE(ClaimStateFolder(ours_, "/state", store_.get()).ok());
    Status status = ClaimStateFolder(other, "/state", store_.get());
    EXPECT_TRUE(status.Is(ErrorKind::kStop));
    return status.ok() ? "" : status.message();
  }

  const StateFormat ours_{"app", "events", "cluster-1", TierSet::Default()};
  std::unique_ptr<MemoryStore> store_ = NewMemoryStore(StateLayout(TierSet::Default()).families);
};

TEST_F(StateFolderTest, AnEmptyOneBecomesOursAndStaysSo) {
  EXPECT_TRUE(ClaimStateFolder(ours_, "/state", store_.get()).ok());
  EXPECT_TRUE(ClaimStateFolder(ours_, "/state", store_.get()).ok());
}

TEST_F(StateFolderTest, ThatOfAnotherApplicationOrTopicIsRefused) {
  StateFormat other = ours_;
  other.application = "second";
  EXPECT_THAT(Refusal(other), AllOf(HasSubstr("/state belongs to application app on topic events"),
                                    HasSubstr("choose another state.dir")));
  other = ours_;
  other.input_topic = "more";
  EXPECT_THAT(Refusal(other), HasSubstr("belongs to application app on topic events"));
}

TEST_F(StateFolderTest, ThatOfAnotherClusterIsRefused) {
  StateFormat other = ours_;
  other.cluster_id = "cluster-2";
  EXPECT_THAT(Refusal(other), AllOf(HasSubstr("from Kafka cluster cluster-1"), HasSubstr("leads to cluster cluster-2"),
                                    HasSubstr("choose another state.dir")));
}

TEST_F(StateFolderTest, ThatWithOtherTiersIsRefused) {
  StateFormat other = ours_;
  other.tiers.total = false;
  EXPECT_THAT(Refusal(other), AllOf(HasSubstr("the tiers"), HasSubstr("go back to the old ones")));
}

TEST_F(StateFolderTest, OneThatCannotBeReadIsRefused) {
  auto batch = store_->NewBatch();
  batch->Put(StateLayout::kMeta, kFormatKey, "\xff");
  ASSERT_TRUE(store_->Write(std::move(batch)).ok());
  EXPECT_TRUE(ClaimStateFolder(ours_, "/state", store_.get()).Is(ErrorKind::kStop));
}

}  // namespace
}  // namespace odometer
