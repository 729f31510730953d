#include "processor/overlay.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

namespace odometer {
namespace {

TEST(Overlay, KeepsOneDeltaPerSeriesAndWindowSortedByBoth) {
  Overlay overlay;
  std::map<std::pair<SeriesId, int64_t>, uint64_t> expected;
  std::mt19937_64 random(7);
  for (int i = 0; i < 50'000; ++i) {
    const SeriesId series = static_cast<SeriesId>(1 + random() % 300);
    const int64_t window = static_cast<int64_t>(random() % 40) * 1000 - 20'000;
    overlay.At(series, window).Add(Number::Of(int64_t{1}), window, {0, i}, false);
    ++expected[{series, window}];
  }
  std::vector<const Delta*> sorted = overlay.Sorted();
  ASSERT_EQ(sorted.size(), expected.size());
  auto next = expected.begin();
  for (const Delta* delta : sorted) {
    EXPECT_EQ(std::make_pair(delta->series, delta->window_start_ms), next->first);
    EXPECT_EQ(delta->aggregate.count(), next->second);
    ++next;
  }
}

TEST(Overlay, SaysHowMuchMemoryItTakes) {
  Overlay overlay;
  const size_t empty = overlay.MemoryBytes();
  for (SeriesId series = 1; series <= 1000; ++series) overlay.At(series, 0);
  EXPECT_GE(overlay.MemoryBytes(), empty + 1000 * sizeof(Delta));
  const size_t before = overlay.MemoryBytes();
  overlay.AddHeapBytes(500);
  EXPECT_EQ(overlay.MemoryBytes(), before + 500);
}

TEST(Overlay, WhatWasSetIsApartFromWhatWasCounted) {
  Overlay overlay;
  Aggregate set;
  set.Add(Number::Of(int64_t{100}), 5, {}, false);
  overlay.AddForeverOnly(1, 0, set);
  EXPECT_TRUE(overlay.At(1, 0).empty());
  EXPECT_EQ(overlay.Sorted().size(), 2u);
}

}  // namespace
}  // namespace odometer
