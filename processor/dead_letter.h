// A record that could not be counted, as it goes to the dead-letter topic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/kafka/types.h"

namespace odometer {

struct DeadLetter {
  std::string key;
  bool has_value = true;
  std::string value;  // the original bytes
  // Reason, topic, partition, offset, timestamp, and the original headers.
  std::vector<std::pair<std::string, std::string>> headers;

  size_t MemoryBytes() const;
};

// What would take more than max_bytes as a batch (MaxBatchBytes) is cut, so that the topic takes it: first the end of
// the value goes, then the key and the original headers. The header "odometer-cut" then tells the sizes there were.
DeadLetter MakeDeadLetter(std::string_view reason, const RecordView& record, int64_t max_bytes);
// The letter's bytes must outlive the record.
OutRecord ToRecord(const DeadLetter& letter);

}  // namespace odometer
