// The ids that were seen. The first byte says what follows: 'C' an id's bytes, anything else what happens to a ring,
// which must remember what a plain list of the last ids remembers, and the same again after a restore.
#include "processor/seen_ids.h"

#include <deque>
#include <map>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

constexpr int64_t kRetentionMs = 50;
constexpr int kIds = 16;

void TestCodec(std::string_view input) {
  Result<SeenId> id = DecodeSeenId(input);
  if (!id.ok()) {
    ODOMETER_FUZZ_REQUIRE(id.status().Is(ErrorKind::kInvalid));
    return;
  }
  std::string bytes;
  EncodeSeenId(*id, &bytes);
  Result<SeenId> again = DecodeSeenId(bytes);
  ODOMETER_FUZZ_REQUIRE(again.ok() && *again == *id);
}

// Few, so that they meet in the index.
IdHash HashOf(int id) { return {.high = static_cast<uint64_t>(id / 4), .low = static_cast<uint64_t>(id % 4)}; }

struct Remembered {
  int id;
  int64_t seen_ms;
  bool Retained(int64_t now_ms) const { return now_ms - seen_ms <= kRetentionMs; }
};

// Each byte: so many ms later (the upper half) an event with that id (the lower half) comes.
void TestRing(std::string_view input) {
  const SeenIdsOptions options{.retention_ms = kRetentionMs, .max_ids = 1u + TakeByte(&input) % 8};
  SeenIds ids(options);
  std::deque<Remembered> last;
  std::map<uint32_t, SeenId> stored;
  int64_t now_ms = 0;
  while (!input.empty()) {
    const int byte = TakeByte(&input);
    const int id = byte % kIds;
    now_ms += byte / kIds;
    bool seen = false;
    for (const Remembered& other : last) seen = seen || (other.id == id && other.Retained(now_ms));
    ODOMETER_FUZZ_REQUIRE(ids.Contains(HashOf(id), now_ms) == seen);
    if (seen) continue;

    const bool forgets = last.size() == options.max_ids && last.front().Retained(now_ms);
    if (last.size() == options.max_ids) last.pop_front();
    last.push_back({id, now_ms});
    const SeenIds::Added added = ids.Add(HashOf(id), now_ms);
    ODOMETER_FUZZ_REQUIRE(added.slot < options.max_ids && added.forgot == forgets);
    ODOMETER_FUZZ_REQUIRE(added.id.hash == HashOf(id) && added.id.seen_ms == now_ms);
    stored[added.slot] = added.id;
  }

  SeenIds restored(options);
  for (auto slot = stored.rbegin(); slot != stored.rend(); ++slot) restored.Load(slot->first, slot->second);
  for (int id = 0; id < kIds; ++id) {
    ODOMETER_FUZZ_REQUIRE(restored.Contains(HashOf(id), now_ms) == ids.Contains(HashOf(id), now_ms));
  }
}

}  // namespace

void TestInput(std::string_view input) {
  if (TakeByte(&input) == 'C') {
    TestCodec(input);
  } else {
    TestRing(input);
  }
}

}  // namespace odometer
