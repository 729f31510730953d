// A record that could not be counted, as it goes to the dead-letter topic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/kafka/types.h"

namespace odometer {

// Beside the names of RejectReason.
inline constexpr std::string_view kLateReason = "late";

struct DeadLetter {
  std::string key;
  bool has_value = true;
  std::string value;  // the original bytes
  // Reason, topic, partition, offset, timestamp, and the original headers.
  std::vector<std::pair<std::string, std::string>> headers;

  size_t MemoryBytes() const;
};

// All that a letter may name: those of rejected records, and "late".
std::vector<std::string> DeadLetterReasons();

// What would take more than max_bytes as a batch (MaxBatchBytes) is cut, so that the topic takes it: first the end of
// the value goes, then the key and the original headers. The header "odometer-cut" then tells the sizes there were.
DeadLetter MakeDeadLetter(std::string_view reason, const RecordView& record, int64_t max_bytes);
// The letter's bytes must outlive the record.
OutRecord ToRecord(const DeadLetter& letter);

// What a dead letter says of its record when it is read again. Views are valid as long as the letter's bytes.
struct DeadLetterOrigin {
  std::string_view reason;
  std::string_view topic;  // and where it was there
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp_ms = 0;
  std::string_view cut;         // which sizes there were; empty: the letter is whole
  std::vector<Header> headers;  // the record's own
};
// Nothing when the record is no dead letter.
std::optional<DeadLetterOrigin> ReadDeadLetter(const RecordView& letter);

}  // namespace odometer
