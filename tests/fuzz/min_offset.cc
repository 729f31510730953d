// The text of min-offset, as ingest answers it and queries get it back.
#include "query/min_offset.h"

#include <limits>
#include <string>

#include "common/kafka/offsets_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

constexpr int64_t kMaxOffset = std::numeric_limits<int64_t>::max();

constexpr char kTopic[] = "metrics.events";

StatePosition At(const TopicPartition& place, int64_t next_input_offset) {
  StatePosition position;
  const TaskPosition task{.partition = place.partition, .next_input_offset = next_input_offset};
  if (place.topic.empty()) {
    position.tasks.push_back(task);
  } else {
    position.sources.push_back({.topic = place.topic, .tasks = {task}});
  }
  return position;
}

// The offset that the set names for one of its partitions: the first that a position reaches with the one after it.
int64_t OffsetOf(const OffsetSet& set, const TopicPartition& place) {
  int64_t low = 0;
  int64_t high = kMaxOffset;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (set.ReachedBy(At(place, middle + 1))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

void TestInput(std::string_view text) {
  Result<OffsetSet> set = OffsetSet::Parse(text, kTopic);
  if (!set.ok()) {
    ODOMETER_FUZZ_REQUIRE(set.status().Is(ErrorKind::kInvalid));
    return;
  }
  ODOMETER_FUZZ_REQUIRE(!set->empty());
  ODOMETER_FUZZ_REQUIRE(set->NotCoveredBy({}).size() == set->offsets().size());
  std::vector<std::pair<TopicPartition, int64_t>> told;
  bool of_sources = false;
  for (const auto& [place, offset] : set->offsets()) {
    ODOMETER_FUZZ_REQUIRE(place.partition >= 0);
    ODOMETER_FUZZ_REQUIRE(place.topic != kTopic);
    ODOMETER_FUZZ_REQUIRE(!set->ReachedBy(At(place, 0)));
    ODOMETER_FUZZ_REQUIRE(OffsetOf(*set, place) == offset);
    of_sources = of_sources || !place.topic.empty();
    told.push_back({{place.topic.empty() ? kTopic : place.topic, place.partition}, offset});
  }
  ODOMETER_FUZZ_REQUIRE(set->IsKnownTo({}) == !of_sources);

  Result<OffsetSet> again = OffsetSet::Parse(OffsetsText(told), kTopic);
  ODOMETER_FUZZ_REQUIRE(again.ok());
  ODOMETER_FUZZ_REQUIRE(again->offsets() == set->offsets());
}

}  // namespace odometer
