#include "processor/window_presence.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace odometer {
namespace {

constexpr Tier kMinute{60'000, kForever};

TEST(WindowPresence, NeverTakesAWrittenWindowForNew) {
  WindowPresence presence(&kMinute, 1, kBeginningOfTime);
  std::set<std::pair<SeriesId, int64_t>> written;
  std::mt19937_64 random(3);
  int taken_for_new = 0;
  for (int i = 0; i < 100'000; ++i) {
    const SeriesId series = static_cast<SeriesId>(1 + random() % 20);
    const int64_t window = (static_cast<int64_t>(random() % 200) - 100 + i / 1000) * 60'000;
    const bool is_written = !written.insert({series, window}).second;
    const bool may_be_there = presence.TestAndSet(series, window);
    if (is_written) {
      EXPECT_TRUE(may_be_there) << series << "@" << window;
    } else if (!may_be_there) {
      ++taken_for_new;
    }
  }
  EXPECT_GT(taken_for_new, 0);
}

TEST(WindowPresence, KnowsNothingOfWhatWasRestoredUpToStreamTime) {
  WindowPresence presence(&kMinute, /*first_new_id=*/5, /*stream_time_ms=*/10 * 60'000 + 5);
  EXPECT_TRUE(presence.TestAndSet(1, 10 * 60'000));
  EXPECT_TRUE(presence.TestAndSet(2, -1000 * 60'000));
  EXPECT_FALSE(presence.TestAndSet(3, 11 * 60'000));
  EXPECT_TRUE(presence.TestAndSet(3, 11 * 60'000));
  EXPECT_FALSE(presence.TestAndSet(5, 10 * 60'000));
}

TEST(WindowPresence, OfTheTotalThereIsOneWindow) {
  WindowPresence presence(nullptr, 2, 1000);
  EXPECT_TRUE(presence.TestAndSet(1, 0));
  EXPECT_FALSE(presence.TestAndSet(2, 0));
  EXPECT_TRUE(presence.TestAndSet(2, 0));
}

}  // namespace
}  // namespace odometer
