#include "query/instances.h"

#include <gtest/gtest.h>

namespace odometer {
namespace {

TEST(InstancesTest, TellsWhoCountsWhat) {
  const std::vector<GroupMember> members = {
      {"odometer@10.0.0.5:7000", "10.0.0.5", {{"events", 0}, {"events", 2}, {"shop.orders", 1}}}, {"other", "10.0.0.6", {}}};
  const http::Response response = InstancesResponse(members);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            R"({"instances":[{"address":"10.0.0.5:7000","host":"10.0.0.5","topics":[{"topic":"events","partitions":[0,2]},)"
            R"({"topic":"shop.orders","partitions":[1]}]},{"address":null,"host":"10.0.0.6","topics":[]}]})");
}

TEST(InstancesTest, SaysWhyItDoesNotKnow) {
  const http::Response response = InstancesResponse(Status::Stop("not allowed to describe the group"));
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("not allowed"), std::string::npos);
}

}  // namespace
}  // namespace odometer
