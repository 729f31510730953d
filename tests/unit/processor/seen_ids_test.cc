#include "processor/seen_ids.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>

namespace odometer {
namespace {

constexpr int64_t kT = 1'700'000'000'000;

IdHash Hash(const std::string& org, const std::string& id) {
  std::string buffer;
  return HashId(org, id, &buffer);
}

TEST(SeenIds, OrgAndIdTogetherAreHashed) {
  EXPECT_EQ(Hash("acme", "1"), Hash("acme", "1"));
  EXPECT_NE(Hash("acme", "1"), Hash("other", "1"));
  EXPECT_NE(Hash("a", "bc"), Hash("ab", "c"));
}

TEST(SeenIds, AnIdIsRememberedThroughItsRetention) {
  SeenIds ids({.retention_ms = 1000, .max_ids = 10});
  EXPECT_FALSE(ids.Contains(Hash("o", "a"), kT));
  ids.Add(Hash("o", "a"), kT);
  EXPECT_TRUE(ids.Contains(Hash("o", "a"), kT));
  EXPECT_TRUE(ids.Contains(Hash("o", "a"), kT + 1000));
  EXPECT_FALSE(ids.Contains(Hash("o", "a"), kT + 1001));
  EXPECT_FALSE(ids.Contains(Hash("o", "b"), kT));
}

TEST(SeenIds, AnIdThatComesAgainAfterItsRetentionIsRememberedAnew) {
  SeenIds ids({.retention_ms = 1000, .max_ids = 3});
  ids.Add(Hash("o", "a"), kT);
  ids.Add(Hash("o", "a"), kT + 1001);
  EXPECT_TRUE(ids.Contains(Hash("o", "a"), kT + 2001));
  // Its first slot being used again does not make it forgotten.
  ids.Add(Hash("o", "b"), kT + 1001);
  ids.Add(Hash("o", "c"), kT + 1001);
  EXPECT_TRUE(ids.Contains(Hash("o", "a"), kT + 2001));
}

TEST(SeenIds, PastTheLimitTheOldestIsForgottenFirstAndThatIsTold) {
  SeenIds ids({.retention_ms = 1000, .max_ids = 2});
  EXPECT_FALSE(ids.Add(Hash("o", "a"), kT).forgot);
  EXPECT_FALSE(ids.Add(Hash("o", "b"), kT).forgot);
  EXPECT_TRUE(ids.Add(Hash("o", "c"), kT).forgot);
  EXPECT_FALSE(ids.Contains(Hash("o", "a"), kT));
  EXPECT_TRUE(ids.Contains(Hash("o", "b"), kT));
  EXPECT_TRUE(ids.Contains(Hash("o", "c"), kT));
  EXPECT_FALSE(ids.Add(Hash("o", "d"), kT + 5000).forgot) << "its retention was over";
}

TEST(SeenIds, NoneIsRememberedWhenTheLimitIsNone) {
  SeenIds ids({.retention_ms = 1000, .max_ids = 0});
  EXPECT_FALSE(ids.enabled());
  ids.Load(0, {0, kT, Hash("o", "a")});
  EXPECT_FALSE(ids.Contains(Hash("o", "a"), kT));
}

TEST(SeenIds, AnUnboundedRetentionNeverEnds) {
  SeenIds ids({.retention_ms = INT64_MAX, .max_ids = 1});
  ids.Add(Hash("o", "a"), kT);
  EXPECT_TRUE(ids.Contains(Hash("o", "a"), INT64_MAX));
}

// After another limit the slots lie differently; nothing that is within both is forgotten, and the ring goes on.
TEST(SeenIds, WhatWasStoredUnderAnotherLimitIsTaken) {
  std::map<uint32_t, SeenId> stored;
  SeenIds few({.retention_ms = 1000, .max_ids = 4});
  for (int i = 0; i < 6; ++i) {
    const SeenIds::Added added = few.Add(Hash("o", std::to_string(i)), kT);
    stored[added.slot] = added.id;
  }
  SeenIds many({.retention_ms = 1000, .max_ids = 100});
  SeenIds fewer({.retention_ms = 1000, .max_ids = 2});
  for (const auto& [slot, id] : stored) {
    many.Load(slot, id);
    fewer.Load(slot, id);
  }
  for (int i = 2; i < 6; ++i) EXPECT_TRUE(many.Contains(Hash("o", std::to_string(i)), kT)) << i;
  EXPECT_EQ(many.Add(Hash("o", "next"), kT).slot, 6u);
  EXPECT_TRUE(fewer.Contains(Hash("o", "4"), kT));
  EXPECT_TRUE(fewer.Contains(Hash("o", "5"), kT));
  EXPECT_FALSE(fewer.Contains(Hash("o", "3"), kT));
  EXPECT_EQ(fewer.Add(Hash("o", "next"), kT).slot, 0u);
  EXPECT_FALSE(fewer.Contains(Hash("o", "4"), kT));
}

TEST(SeenIds, TheStoredFormReadsBack) {
  const SeenId id{3'000'000'000, -5, {0x0123456789abcdef, 0xfedcba9876543210}};
  std::string bytes;
  EncodeSeenId(id, &bytes);
  EXPECT_EQ(*DecodeSeenId(bytes), id);
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(DecodeSeenId(bytes.substr(0, size)).ok()) << size;
  EXPECT_FALSE(DecodeSeenId(bytes + "x").ok());
  bytes[0] = 2;
  EXPECT_NE(DecodeSeenId(bytes).status().message().find("format version 2"), std::string::npos);
}

// The same by looking through a list.
class Model {
 public:
  explicit Model(const SeenIdsOptions& options) : options_(options) {}
  bool Contains(const IdHash& hash, int64_t stream_time_ms) const {
    for (const auto& [seen, seen_ms] : ids_) {
      if (seen == hash && stream_time_ms - seen_ms <= options_.retention_ms) return true;
    }
    return false;
  }
  bool Add(const IdHash& hash, int64_t stream_time_ms) {
    ids_.emplace_back(hash, stream_time_ms);
    if (ids_.size() <= options_.max_ids) return false;
    const bool forgot = stream_time_ms - ids_.front().second <= options_.retention_ms;
    ids_.pop_front();
    return forgot;
  }

 private:
  const SeenIdsOptions options_;
  std::deque<std::pair<IdHash, int64_t>> ids_;
};

// Hashes that crowd one end of the index, so that places are shared, moved and freed.
IdHash CrowdedHash(uint32_t n) { return {n, n % 5 == 0 ? n % 3 : 0xfffffffffffffff0 + n % 16}; }

TEST(SeenIds, AgreesWithAListThroughAnyHistoryAndRestore) {
  std::mt19937 random(1);
  for (uint32_t max_ids : {1u, 2u, 7u, 64u, 200u}) {
    const SeenIdsOptions options{.retention_ms = 500, .max_ids = max_ids};
    SeenIds ids(options);
    Model model(options);
    std::map<uint32_t, SeenId> stored;
    int64_t stream_time_ms = kT;
    int duplicates = 0;
    int forgotten = 0;
    for (int step = 0; step < 5'000; ++step) {
      if (random() % 1000 == 0) {
        ids = SeenIds(options);
        for (const auto& [slot, id] : stored) ids.Load(slot, id);
      }
      const IdHash hash = CrowdedHash(random() % (3 * max_ids));
      const bool seen = ids.Contains(hash, stream_time_ms);
      ASSERT_EQ(seen, model.Contains(hash, stream_time_ms)) << "max_ids " << max_ids << ", step " << step;
      if (seen) {
        ++duplicates;
        continue;
      }
      stream_time_ms += random() % 500 == 0 ? 600 : random() % 3;
      const SeenIds::Added added = ids.Add(hash, stream_time_ms);
      ASSERT_EQ(added.forgot, model.Add(hash, stream_time_ms)) << "max_ids " << max_ids << ", step " << step;
      forgotten += added.forgot ? 1 : 0;
      stored[added.slot] = added.id;
      ASSERT_LE(stored.size(), max_ids);
    }
    EXPECT_GT(duplicates, 100) << max_ids;
    EXPECT_GT(forgotten, 100) << max_ids;
  }
}

TEST(SeenIds, TakesMemoryAsIdsComeAndNoMoreOnceAllSlotsAreUsed) {
  SeenIds ids({.retention_ms = 1000, .max_ids = 1000});
  EXPECT_EQ(ids.MemoryBytes(), 0u);
  auto add = [&](int from, int to) {
    for (int i = from; i < to; ++i) ids.Add(Hash("o", std::to_string(i)), kT);
    return ids.MemoryBytes();
  };
  EXPECT_GE(add(0, 500), 500u * 32);
  const size_t full = add(500, 1000);
  EXPECT_GE(full, 1000u * 32);
  EXPECT_EQ(add(1000, 5000), full);
}

}  // namespace
}  // namespace odometer
