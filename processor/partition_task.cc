#include "processor/partition_task.h"

namespace odometer {

PartitionTask::PartitionTask(int32_t number, int64_t dead_letter_max_bytes, const TaskMeta& meta)
    : state_(meta),
      number_(number),
      dead_letter_max_bytes_(dead_letter_max_bytes),
      sealed_through_(meta.next_input_offset),
      committed_offset_(meta.next_input_offset) {
  epoch_.task = number;
}

bool PartitionTask::Take(const RecordView& record) {
  if (record.offset < state_.next_input_offset) return false;
  state_.next_input_offset = record.offset + 1;
  state_.last_record = {record.offset, record.timestamp_ms};
  last_record_ms_ = record.timestamp_ms;
  if (!first_unsealed_ms_) first_unsealed_ms_ = record.timestamp_ms;
  ++state_.accounting.consumed;
  return true;
}

void PartitionTask::Reject(RejectReason reason, const RecordView& record) {
  ++state_.accounting.rejected[static_cast<size_t>(reason)];
  AddDeadLetter(RejectReasonName(reason), record);
}

void PartitionTask::AddDeadLetter(std::string_view reason, const RecordView& record) {
  DeadLetter letter = MakeDeadLetter(reason, record, dead_letter_max_bytes_);
  dead_letter_bytes_ += letter.MemoryBytes();
  epoch_.dead_letters.push_back(std::move(letter));
}

Epoch PartitionTask::Seal() {
  epoch_.meta = state_;
  Epoch sealed = std::move(epoch_);
  epoch_ = Epoch{};
  epoch_.task = number_;
  dead_letter_bytes_ = 0;
  sealed_through_ = state_.next_input_offset;
  first_sealed_ms_ = first_unsealed_ms_;
  first_unsealed_ms_.reset();
  return sealed;
}

void PartitionTask::Committed(const Epoch& epoch) {
  committed_offset_ = epoch.meta.next_input_offset;
  first_sealed_ms_.reset();
}

std::optional<int64_t> PartitionTask::oldest_uncommitted_ms() const {
  if (first_sealed_ms_) return first_sealed_ms_;
  return first_unsealed_ms_ ? first_unsealed_ms_ : last_record_ms_;
}

}  // namespace odometer
