#include "processor/task.h"

#include <algorithm>
#include <utility>

#include "common/model/control.h"

namespace odometer {

namespace {
constexpr std::string_view kContentTypeHeader = "content-type";

bool IsJson(std::string_view content_type) { return content_type.substr(0, 16) == "application/json"; }
}  // namespace

Task::Task(int32_t partition, const TaskOptions& options, const TaskMeta& meta, SeriesDictionary series)
    : partition_(partition),
      options_(options),
      state_(meta),
      series_(std::move(series)),
      sealed_through_(meta.next_input_offset) {
  epoch_.partition = partition;
}

void Task::Process(const RecordView& record, EventDecoder* decoder) {
  if (record.offset < state_.next_input_offset) return;
  state_.next_input_offset = record.offset + 1;
  last_record_ms_ = record.timestamp_ms;
  ++state_.accounting.consumed;

  for (const Header& header : record.Headers()) {
    if (header.name == kControlHeader) return ApplyControl(record.value, record);
    if (header.name == kContentTypeHeader && !IsJson(header.value)) return Reject(RejectReason::kMalformed, record);
  }
  Event event;
  std::swap(event.labels, labels_);
  RejectReason reason = decoder->Decode(record.value, record.timestamp_ms, &event);
  if (reason == RejectReason::kNone) {
    Apply(event, record);
  } else {
    Reject(reason, record);
  }
  std::swap(event.labels, labels_);
}

void Task::Apply(const Event& event, const RecordView& record) {
  if (!options_.tiers.RetainsEvent(event.ts_ms, state_.stream_time_ms)) {
    ++state_.accounting.late;
    if (options_.dead_letter_late) AddDeadLetter("late", record);
    return;
  }
  state_.stream_time_ms = std::max(state_.stream_time_ms, event.ts_ms);

  identity_.clear();
  EncodeSeriesIdentity(event, &identity_);
  SeriesDictionary::Found series = series_.FindOrAdd(identity_);
  if (series.added) epoch_.added.emplace_back(series.id, identity_);

  const bool with_sketch = event.type == MetricType::kTimer;
  Aggregate& aggregate = epoch_.overlay.At(series.id, FinestWindow(event.ts_ms));
  const size_t heap_before = with_sketch ? aggregate.HeapBytes() : 0;
  aggregate.Add(event.value, event.ts_ms, {partition_, record.offset}, with_sketch);
  if (with_sketch) epoch_.overlay.AddHeapBytes(aggregate.HeapBytes() - heap_before);
  ++state_.accounting.applied;
}

void Task::ApplyControl(std::string_view body, const RecordView& record) {
  Result<Control> control = DecodeControl(body);
  if (!control.ok()) return Reject(RejectReason::kBadControl, record);
  const bool ours = control->set && control->set->partition == partition_;
  if (ours && control->set->aggregate.last_ts_ms > record.timestamp_ms + kMaxFutureMs) {
    return Reject(RejectReason::kFromTheFuture, record);
  }

  for (const SeriesDictionary::Removed& removed : series_.Forget(control->org, control->qualified_name)) {
    epoch_.forgotten.emplace_back(removed.id, removed.identity);
  }
  if (ours) {
    const Aggregate aggregate = Aggregate::FromParts(control->set->aggregate);
    identity_.clear();
    EncodeSeriesIdentity(control->set->series, &identity_);
    SeriesDictionary::Found series = series_.FindOrAdd(identity_);
    if (series.added) epoch_.added.emplace_back(series.id, identity_);
    epoch_.overlay.AddForeverOnly(series.id, FinestWindow(aggregate.last_ts_ms()), aggregate);
    // A restart takes windows after stream time for new: what was set must not lie there.
    state_.stream_time_ms = std::max(state_.stream_time_ms, aggregate.last_ts_ms());
  }
  ++state_.accounting.applied;
}

void Task::Reject(RejectReason reason, const RecordView& record) {
  ++state_.accounting.rejected[static_cast<size_t>(reason)];
  AddDeadLetter(RejectReasonName(reason), record);
}

void Task::AddDeadLetter(std::string_view reason, const RecordView& record) {
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
  dead_letter_bytes_ += letter.MemoryBytes();
  epoch_.dead_letters.push_back(std::move(letter));
}

int64_t Task::FinestWindow(int64_t ts_ms) const {
  return options_.tiers.windows.empty() ? 0 : options_.tiers.windows.front().WindowStart(ts_ms);
}

size_t Task::PendingBytes() const {
  size_t series_bytes = (epoch_.added.size() + epoch_.forgotten.size()) * 128;  // identities: tens of bytes each
  return epoch_.overlay.MemoryBytes() + dead_letter_bytes_ + series_bytes;
}

Epoch Task::Seal() {
  epoch_.meta = state_;
  epoch_.meta.next_series_id = series_.next_id();
  Epoch sealed = std::move(epoch_);
  epoch_ = Epoch{};
  epoch_.partition = partition_;
  dead_letter_bytes_ = 0;
  sealed_through_ = state_.next_input_offset;
  return sealed;
}

size_t DeadLetter::MemoryBytes() const {
  size_t bytes = sizeof(DeadLetter) + key.size() + value.size();
  for (const auto& [name, text] : headers) bytes += 64 + name.size() + text.size();
  return bytes;
}

}  // namespace odometer
