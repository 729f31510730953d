#include "query/live/live_event.h"

#include <string_view>

#include "common/model/control.h"
#include "common/model/series.h"
#include "common/state/input_record.h"

namespace odometer {
namespace {

std::optional<LiveChange> ReadControl(const RecordView& record) {
  Result<Control> control = DecodeControl(record.value);
  if (!control.ok()) return std::nullopt;
  return LiveChange{record.partition, record.offset, std::move(control->org), std::move(control->qualified_name), {}};
}

LiveChange::Point PointOf(const Event& event) {
  LiveChange::Point point{std::string(event.name), event.type, event.ts_ms, {}};
  point.labels.reserve(event.labels.size());
  for (const Label& label : event.labels) point.labels.emplace_back(label.name, label.value);
  return point;
}

std::string QualifiedName(const Event& event) {
  for (const Label& label : event.labels) {
    if (label.name == kLevelLabel && !label.value.empty()) return std::string(label.value).append(".").append(event.name);
  }
  return std::string(event.name);
}

}  // namespace

LiveChange ChangeOf(const RecordView& record, const Event& event) {
  return {record.partition, record.offset, std::string(event.org), QualifiedName(event), PointOf(event)};
}

LiveRecord ReadLiveRecord(const RecordView& record, EventDecoder* decoder) {
  LiveRecord read;
  InputRecord input(record);
  if (input.is_control()) {
    read.change = ReadControl(record);
    return read;
  }
  Event event;
  if (input.Decode(decoder, &event) != RejectReason::kNone) return read;
  const bool raw = event.type == MetricType::kEvent;
  read.event = LiveEvent{record.partition, record.offset, std::string(event.org), std::string(event.name), raw,
                         std::make_shared<const std::string>(input.body())};
  // Raw events have no aggregate that a record could show.
  if (raw) return read;
  read.change = ChangeOf(record, event);
  return read;
}

}  // namespace odometer
