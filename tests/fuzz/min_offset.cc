// The text of min-offset, as ingest answers it and queries get it back.
#include "query/min_offset.h"

#include <limits>
#include <string>

#include "common/kafka/offsets_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

constexpr int64_t kMaxOffset = std::numeric_limits<int64_t>::max();

StatePosition At(int32_t partition, int64_t next_input_offset) {
  return {.tasks = {{.partition = partition, .next_input_offset = next_input_offset}}};
}

// The offset that the set names for one of its partitions: the first that a position reaches with the one after it.
int64_t OffsetOf(const OffsetSet& set, int32_t partition) {
  int64_t low = 0;
  int64_t high = kMaxOffset;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (set.ReachedBy(At(partition, middle + 1))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

void TestInput(std::string_view text) {
  const std::string topic = "metrics.events";
  Result<OffsetSet> set = OffsetSet::Parse(text, topic);
  if (!set.ok()) {
    ODOMETER_FUZZ_REQUIRE(set.status().Is(ErrorKind::kInvalid));
    return;
  }
  ODOMETER_FUZZ_REQUIRE(!set->empty());
  std::vector<std::pair<TopicPartition, int64_t>> offsets;
  for (int32_t partition : set->NotCoveredBy({})) {
    ODOMETER_FUZZ_REQUIRE(partition >= 0);
    ODOMETER_FUZZ_REQUIRE(!set->ReachedBy(At(partition, 0)));
    offsets.push_back({{topic, partition}, OffsetOf(*set, partition)});
  }

  Result<OffsetSet> again = OffsetSet::Parse(OffsetsText(offsets), topic);
  ODOMETER_FUZZ_REQUIRE(again.ok());
  ODOMETER_FUZZ_REQUIRE(again->NotCoveredBy({}) == set->NotCoveredBy({}));
  for (const auto& [partition, offset] : offsets) ODOMETER_FUZZ_REQUIRE(OffsetOf(*again, partition.partition) == offset);
}

}  // namespace odometer
