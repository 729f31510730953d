#include "common/base/status.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace odometer {
namespace {

Status FailsIf(bool fails) { return fails ? Status::Retry("broker away") : Status::Ok(); }

Status Calls(bool fails, bool* went_on) {
  ODOMETER_RETURN_IF_ERROR(FailsIf(fails));
  *went_on = true;
  return Status::Ok();
}

TEST(StatusTest, Ok) {
  Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(static_cast<bool>(status));
  EXPECT_FALSE(status.Is(ErrorKind::kInvalid));
  EXPECT_EQ(status.ToString(), "OK");
  EXPECT_TRUE(status.WithContext("anywhere").ok());
}

TEST(StatusTest, EachKindHasItsNameAndItsMaker) {
  EXPECT_EQ(Status::Invalid("m").ToString(), "invalid: m");
  EXPECT_EQ(Status::NotFound("m").ToString(), "not found: m");
  EXPECT_EQ(Status::Retry("m").ToString(), "retry: m");
  EXPECT_EQ(Status::Abort("m").ToString(), "abort: m");
  EXPECT_EQ(Status::Recover("m").ToString(), "recover: m");
  EXPECT_EQ(Status::Stop("m").ToString(), "stop: m");
  EXPECT_TRUE(Status::Stop("m").Is(ErrorKind::kStop));
  EXPECT_FALSE(Status::Stop("m").Is(ErrorKind::kAbort));
}

TEST(StatusTest, ContextComesFirstAndKeepsTheKind) {
  Status status = Status::Abort("no such topic").WithContext("commit").WithContext("task 3");
  EXPECT_EQ(status.kind(), ErrorKind::kAbort);
  EXPECT_EQ(status.message(), "task 3: commit: no such topic");
}

TEST(StatusTest, ReturnIfError) {
  bool went_on = false;
  EXPECT_EQ(Calls(true, &went_on).message(), "broker away");
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(Calls(false, &went_on).ok());
  EXPECT_TRUE(went_on);
}

TEST(ResultTest, HoldsAValueOrAnError) {
  Result<std::string> value = std::string("yes");
  EXPECT_TRUE(value.ok());
  EXPECT_EQ(*value, "yes");
  EXPECT_EQ(value->size(), 3u);
  EXPECT_TRUE(value.status().ok());
  Result<std::string> error = Status::NotFound("no");
  EXPECT_FALSE(error.ok());
  EXPECT_EQ(error.status().ToString(), "not found: no");
}

TEST(ResultTest, MovesItsValueOut) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 5);
}

}  // namespace
}  // namespace odometer
