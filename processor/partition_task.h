// The work on one input partition, whatever its records are: how far it has come, what it has accounted for, and what is
// to be committed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "common/kafka/types.h"
#include "common/model/event_decoder.h"
#include "processor/epoch.h"

namespace odometer {

// Used by the consuming thread only.
class PartitionTask {
 public:
  // `meta`: as restored; a default one for a partition never seen before.
  PartitionTask(int32_t number, int64_t dead_letter_max_bytes, const TaskMeta& meta);
  virtual ~PartitionTask() = default;
  PartitionTask(const PartitionTask&) = delete;
  PartitionTask& operator=(const PartitionTask&) = delete;

  int32_t number() const { return number_; }

  // Applies, rejects or counts one record. Records below next_input_offset() are ignored: they were seen before.
  virtual void Process(const RecordView& record, EventDecoder* decoder) = 0;
  // There is nothing to count before that offset: control records, or those of aborted transactions.
  void SkipTo(int64_t offset) { state_.next_input_offset = std::max(state_.next_input_offset, offset); }

  // Something is there to be committed.
  bool dirty() const { return sealed_through_ < state_.next_input_offset; }
  int64_t next_input_offset() const { return state_.next_input_offset; }
  int64_t committed_offset() const { return committed_offset_; }
  // The timestamp of the oldest record that was processed and is not yet committed, epoch ms; of the last record when
  // there is none; nothing before the first.
  std::optional<int64_t> oldest_uncommitted_ms() const;
  const Accounting& accounting() const { return state_.accounting; }

  virtual size_t series_count() const { return 0; }
  // That were ever given out, those of forgotten series too.
  virtual uint64_t series_ids() const { return 0; }
  // What no commit gives back.
  virtual size_t LastingBytes() const = 0;
  // Of what is not yet sealed.
  virtual size_t PendingBytes() const = 0;

  // Hands over everything since the last Seal.
  virtual Epoch Seal();
  // The sealed epoch was committed.
  void Committed(const Epoch& epoch);

 protected:
  // Counts a record as consumed. False: it was seen before.
  bool Take(const RecordView& record);
  void Reject(RejectReason reason, const RecordView& record);
  void AddDeadLetter(std::string_view reason, const RecordView& record);

  TaskMeta state_;
  Epoch epoch_;  // what is not yet sealed
  size_t dead_letter_bytes_ = 0;

 private:
  const int32_t number_;
  const int64_t dead_letter_max_bytes_;
  int64_t sealed_through_;
  int64_t committed_offset_;
  std::optional<int64_t> first_sealed_ms_, first_unsealed_ms_, last_record_ms_;  // timestamps of records
};

}  // namespace odometer
