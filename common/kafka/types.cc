#include "common/kafka/types.h"

namespace odometer {

std::string ToString(const TopicPartition& tp) { return tp.topic + "/" + std::to_string(tp.partition); }

// https://kafka.apache.org/documentation/#recordbatch
int64_t MaxBatchBytes(const OutRecord& record) {
  constexpr size_t kBatchHeader = 61;
  constexpr size_t kLength = 5;  // a length as varint, at most
  // Its own length, attributes, timestamp and offset deltas, and the lengths of key, value and headers.
  size_t bytes = kBatchHeader + kLength + 1 + 10 + 5 + 3 * kLength + record.key.size();
  if (!record.tombstone) bytes += record.value.size();
  for (const Header& header : record.headers) bytes += 2 * kLength + header.name.size() + header.value.size();
  return static_cast<int64_t>(bytes);
}

}  // namespace odometer
