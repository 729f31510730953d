#include "processor/dead_letter.h"

#include <algorithm>

namespace odometer {

namespace {

// Ours come first.
constexpr size_t kOwnHeaders = 5;

int64_t BytesOver(const DeadLetter& letter, int64_t max_bytes) { return MaxBatchBytes(ToRecord(letter)) - max_bytes; }

void Cut(int64_t max_bytes, DeadLetter* letter) {
  size_t header_bytes = 0;
  for (size_t i = kOwnHeaders; i < letter->headers.size(); ++i) {
    header_bytes += letter->headers[i].first.size() + letter->headers[i].second.size();
  }
  letter->headers.emplace(letter->headers.begin() + kOwnHeaders, "odometer-cut",
                          "key=" + std::to_string(letter->key.size()) + " value=" +
                              std::to_string(letter->value.size()) + " headers=" + std::to_string(header_bytes));
  const size_t over = static_cast<size_t>(std::max<int64_t>(0, BytesOver(*letter, max_bytes)));
  letter->value.resize(letter->value.size() - std::min(letter->value.size(), over));
  if (BytesOver(*letter, max_bytes) <= 0) return;
  letter->key.clear();
  letter->headers.resize(kOwnHeaders + 1);
}

}  // namespace

DeadLetter MakeDeadLetter(std::string_view reason, const RecordView& record, int64_t max_bytes) {
  DeadLetter letter;
  letter.key = record.key;
  letter.has_value = record.has_value;
  letter.value = record.value;
  letter.headers = {{"odometer-reason", std::string(reason)},
                    {"odometer-topic", std::string(record.topic)},
                    {"odometer-partition", std::to_string(record.partition)},
                    {"odometer-offset", std::to_string(record.offset)},
                    {"odometer-timestamp", std::to_string(record.timestamp_ms)}};
  for (const Header& header : record.Headers()) letter.headers.emplace_back(header.name, header.value);
  if (BytesOver(letter, max_bytes) > 0) Cut(max_bytes, &letter);
  return letter;
}

OutRecord ToRecord(const DeadLetter& letter) {
  OutRecord record{letter.key, letter.value, !letter.has_value, {}};
  record.headers.reserve(letter.headers.size());
  for (const auto& [name, value] : letter.headers) record.headers.push_back({name, value});
  return record;
}

size_t DeadLetter::MemoryBytes() const {
  size_t bytes = sizeof(DeadLetter) + key.size() + value.size();
  for (const auto& [name, text] : headers) bytes += 64 + name.size() + text.size();
  return bytes;
}

}  // namespace odometer
