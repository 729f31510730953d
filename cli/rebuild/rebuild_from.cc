#include "cli/rebuild/rebuild_from.h"

#include <algorithm>
#include <string>

#include "common/base/parse_integer.h"
#include "common/kafka/offsets_text.h"
#include "common/model/timestamp.h"

namespace odometer::cli {
namespace {

Status NotUnderstood(std::string_view text) {
  return Status::Invalid("--from " + std::string(text) +
                         ": write earliest, a time such as 2026-01-31T12:00:00Z, epoch ms, or places such as "
                         "shop.orders/0@1200,shop.orders/1@900");
}

// Adds "<topic>/<partition>@<offset>"; false when it is none.
bool AddOffset(std::string_view text, PartitionOffsets* offsets) {
  const std::optional<OffsetFields> fields = ParseOffset(text);
  if (!fields || !fields->partition || !fields->offset) return false;
  return offsets->emplace(TopicPartition{std::string(fields->topic), *fields->partition}, *fields->offset).second;
}

}  // namespace

Result<RebuildFrom> ParseRebuildFrom(std::string_view text) {
  RebuildFrom from;
  if (text == "earliest") return from;
  if (const auto ms = ParseInteger<int64_t>(text); ms && *ms >= 0) {
    from.time_ms = *ms;
    return from;
  }
  if (const std::optional<int64_t> ms = ParseIso8601(text)) {
    from.time_ms = *ms;
    return from;
  }
  std::string_view left = text;
  while (true) {
    const size_t comma = std::min(left.find(','), left.size());
    if (!AddOffset(left.substr(0, comma), &from.offsets)) return NotUnderstood(text);
    if (comma == left.size()) return from;
    left.remove_prefix(comma + 1);
  }
}

Result<int64_t> RebuildStart(const RebuildFrom& from, const TopicPartition& partition, const PartitionLog& log,
                             std::optional<int64_t> at_time) {
  const auto named = from.offsets.find(partition);
  if (named != from.offsets.end()) {
    const std::string place = ToString(partition) + "@" + std::to_string(named->second);
    if (named->second < log.begin) {
      return Status::Invalid("--from " + place + ": was deleted, the oldest record is at " + std::to_string(log.begin));
    }
    if (!log.counted || named->second > *log.counted) {
      return Status::Invalid("--from " + place + ": was not counted yet, the next record to be counted is at " +
                             std::to_string(log.counted.value_or(log.begin)));
    }
    return named->second;
  }
  if (!log.counted || !at_time) return log.begin;
  return std::max(log.begin, std::min(*at_time, *log.counted));
}

}  // namespace odometer::cli
