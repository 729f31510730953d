#include "processor/dead_letter.h"

#include <algorithm>
#include <array>

#include "common/base/parse_integer.h"
#include "common/model/event_decoder.h"

namespace odometer {

namespace {

// Ours come first, in this order.
constexpr std::array<std::string_view, 5> kHeaderNames = {"odometer-reason", "odometer-topic", "odometer-partition",
                                                          "odometer-offset", "odometer-timestamp"};
constexpr size_t kOwnHeaders = kHeaderNames.size();
constexpr std::string_view kCutHeader = "odometer-cut";

int64_t BytesOver(const DeadLetter& letter, int64_t max_bytes) { return MaxBatchBytes(ToRecord(letter)) - max_bytes; }

void Cut(int64_t max_bytes, DeadLetter* letter) {
  size_t header_bytes = 0;
  for (size_t i = kOwnHeaders; i < letter->headers.size(); ++i) {
    header_bytes += letter->headers[i].first.size() + letter->headers[i].second.size();
  }
  letter->headers.emplace(letter->headers.begin() + kOwnHeaders, kCutHeader,
                          "key=" + std::to_string(letter->key.size()) + " value=" +
                              std::to_string(letter->value.size()) + " headers=" + std::to_string(header_bytes));
  const size_t over = static_cast<size_t>(std::max<int64_t>(0, BytesOver(*letter, max_bytes)));
  letter->value.resize(letter->value.size() - std::min(letter->value.size(), over));
  if (BytesOver(*letter, max_bytes) <= 0) return;
  letter->key.clear();
  letter->headers.resize(kOwnHeaders + 1);
}

}  // namespace

std::vector<std::string> DeadLetterReasons() {
  std::vector<std::string> reasons;
  for (int reason = 1; reason < kRejectReasons; ++reason) {
    reasons.emplace_back(RejectReasonName(static_cast<RejectReason>(reason)));
  }
  reasons.emplace_back(kLateReason);
  return reasons;
}

DeadLetter MakeDeadLetter(std::string_view reason, const RecordView& record, int64_t max_bytes) {
  DeadLetter letter;
  letter.key = record.key;
  letter.has_value = record.has_value;
  letter.value = record.value;
  const std::array<std::string, kOwnHeaders> own = {std::string(reason), std::string(record.topic),
                                                    std::to_string(record.partition), std::to_string(record.offset),
                                                    std::to_string(record.timestamp_ms)};
  for (size_t i = 0; i < kOwnHeaders; ++i) letter.headers.emplace_back(kHeaderNames[i], own[i]);
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

std::optional<DeadLetterOrigin> ReadDeadLetter(const RecordView& letter) {
  std::vector<Header> headers = letter.Headers();
  if (headers.size() < kOwnHeaders) return std::nullopt;
  for (size_t i = 0; i < kOwnHeaders; ++i) {
    if (headers[i].name != kHeaderNames[i]) return std::nullopt;
  }
  const std::optional<int32_t> partition = ParseInteger<int32_t>(headers[2].value);
  const std::optional<int64_t> offset = ParseInteger<int64_t>(headers[3].value);
  const std::optional<int64_t> timestamp_ms = ParseInteger<int64_t>(headers[4].value);
  if (!partition || *partition < 0 || !offset || !timestamp_ms) return std::nullopt;
  DeadLetterOrigin origin{headers[0].value, headers[1].value, *partition, *offset, *timestamp_ms, {}, {}};
  size_t next = kOwnHeaders;
  if (next < headers.size() && headers[next].name == kCutHeader) origin.cut = headers[next++].value;
  origin.headers.assign(headers.begin() + static_cast<std::ptrdiff_t>(next), headers.end());
  return origin;
}

size_t DeadLetter::MemoryBytes() const {
  size_t bytes = sizeof(DeadLetter) + key.size() + value.size();
  for (const auto& [name, text] : headers) bytes += 64 + name.size() + text.size();
  return bytes;
}

}  // namespace odometer
