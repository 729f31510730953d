// Where `odometer rebuild` begins to count: what `--from` says.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/status.h"
#include "processor/rebuild_bounds.h"

namespace odometer::cli {

// At the beginning of each partition when it has neither.
struct RebuildFrom {
  std::optional<int64_t> time_ms;  // of records, epoch ms
  PartitionOffsets offsets;        // of these partitions; the others begin at their beginning
  friend bool operator==(const RebuildFrom&, const RebuildFrom&) = default;
};

// "earliest", an ISO-8601 time, epoch ms, or "<topic>/<partition>@<offset>[,…]". kInvalid, saying that, for anything
// else.
Result<RebuildFrom> ParseRebuildFrom(std::string_view text);

// What is known of a partition: which offsets it has, and up to where the running generation has counted it.
struct PartitionLog {
  int64_t begin = 0;
  std::optional<int64_t> counted;  // none: nothing of it yet
};
// The offset of one partition in which it begins, never past what is counted: what comes after that the new generation
// counts as the old one would have. kInvalid for an offset that was deleted or is not counted yet. `at_time`: of
// RebuildFrom::time_ms.
Result<int64_t> RebuildStart(const RebuildFrom& from, const TopicPartition& partition, const PartitionLog& log,
                             std::optional<int64_t> at_time);

}  // namespace odometer::cli
