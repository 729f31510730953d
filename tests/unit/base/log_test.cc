#include "common/base/log.h"

#include <gtest/gtest.h>

namespace odometer {
namespace {

TEST(LogTest, KnowsItsLevels) {
  for (const char* level : {"trace", "debug", "info", "warn", "error", "off"}) {
    EXPECT_TRUE(SetLogLevel(level).ok()) << level;
  }
  EXPECT_EQ(SetLogLevel("loud").message(), "unknown log level 'loud': use trace, debug, info, warn, error or off");
}

TEST(LogTest, WritesOneLineWithLevelAndComponent) {
  ASSERT_TRUE(SetLogLevel("info").ok());
  testing::internal::CaptureStderr();
  LogDebug("test", "hidden={}", 1);
  LogWarn("test", "restored partition={} records={}", 3, 500);
  std::string line = testing::internal::GetCapturedStderr();
  EXPECT_EQ(line.find("hidden"), std::string::npos);
  EXPECT_NE(line.find("Z warning [test] restored partition=3 records=500\n"), std::string::npos) << line;
}

}  // namespace
}  // namespace odometer
