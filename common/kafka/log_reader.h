// Reads one partition from an offset to its end, committed records only: how changelogs are restored.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "common/base/status.h"
#include "common/kafka/types.h"

namespace odometer {

// One thread at a time.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // Calls `on_record` for every committed record with offset in [from, end), in order, and returns once the reader has
  // passed `end` (control records and aborted ones included). `on_record` returns an error to stop the reading.
  // kRetry when nothing came for stall_timeout_ms, and when a batch arrived damaged, with what came before it handed over
  // already; kStop when `from` is no longer in the log.
  virtual Status Read(const TopicPartition& partition, int64_t from, int64_t end,
                      const std::function<Status(const RecordView&)>& on_record) = 0;
};
struct LogReaderOptions {
  KafkaProperties properties;
  std::string client_id;
  int stall_timeout_ms = 30'000;
};
Result<std::unique_ptr<LogReader>> NewRdLogReader(const LogReaderOptions& options);

}  // namespace odometer
