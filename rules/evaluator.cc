#include "rules/evaluator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/model/timestamp.h"

namespace odometer::rules {
namespace {

std::optional<int64_t> EpochMs(const Number& number, bool seconds) {
  const double factor = seconds ? 1000 : 1;
  // To the ms, as the fraction may not be one in binary.
  const double ms = std::floor(number.AsDouble() * factor + 0.5);
  if (!(ms >= static_cast<double>(kMinTimestampMs) && ms <= static_cast<double>(kMaxTimestampMs))) return std::nullopt;
  if (number.is_whole()) return static_cast<int64_t>(number.whole() * (seconds ? 1000 : 1));
  return static_cast<int64_t>(ms);
}

std::optional<int64_t> TimeOf(const FieldValue& value, bool seconds) {
  if (value.kind == FieldValue::Kind::kText) {
    if (std::optional<int64_t> ms = ParseIso8601(value.text)) return ms;
  }
  if (value.kind == FieldValue::Kind::kBool) return std::nullopt;
  const std::optional<Number> number = value.AsNumber();
  return number ? EpochMs(*number, seconds) : std::nullopt;
}

}  // namespace

Evaluator::Evaluator(std::shared_ptr<const RuleSet> rules)
    : rules_(std::move(rules)), reader_(&rules_->fields), texts_(rules_->fields.size()) {}

RejectReason Evaluator::Evaluate(std::string_view record, int64_t record_ts_ms, size_t topic) {
  count_ = 0;
  rejection_ = {};
  RejectReason reason = reader_.Read(record);
  if (reason != RejectReason::kNone) {
    rejection_.reason = reason;
    return reason;
  }
  for (const Rule& rule : rules_->rules) {
    if (rule.topic && *rule.topic != topic) continue;
    if (!rule.condition.Holds(reader_.values(), &buffer_)) continue;
    reason = Apply(rule, record_ts_ms);
    if (reason == RejectReason::kNone) continue;
    count_ = 0;
    return reason;
  }
  return RejectReason::kNone;
}

RejectReason Evaluator::Apply(const Rule& rule, int64_t record_ts_ms) {
  int64_t ts_ms = record_ts_ms;
  if (RejectReason bad = ReadTime(rule, record_ts_ms, &ts_ms); bad != RejectReason::kNone) return bad;
  for (const Action& action : rule.actions) {
    if (RejectReason bad = AddEvent(action, ts_ms); bad != RejectReason::kNone) return bad;
  }
  return RejectReason::kNone;
}

RejectReason Evaluator::ReadTime(const Rule& rule, int64_t record_ts_ms, int64_t* ts_ms) {
  const bool has_time = rule.time.field && !reader_.values()[*rule.time.field].missing();
  if (!has_time) {
    // Of a topic where the producers set it, it may be anything.
    if (record_ts_ms >= kMinTimestampMs && record_ts_ms <= kMaxTimestampMs) return RejectReason::kNone;
    rejection_ = {RejectReason::kBadTimestamp, rule.line, {}};
    return RejectReason::kBadTimestamp;
  }
  const FieldValue& value = reader_.values()[*rule.time.field];
  const std::optional<int64_t> time = TimeOf(value, rule.time.seconds);
  if (!time) return Reject(RejectReason::kBadTimestamp, rule.line, *rule.time.field);
  if (*time - kMaxFutureMs > record_ts_ms) return Reject(RejectReason::kFromTheFuture, rule.line, *rule.time.field);
  *ts_ms = *time;
  return RejectReason::kNone;
}

RejectReason Evaluator::AddEvent(const Action& action, int64_t ts_ms) {
  Number value = action.value.constant;
  if (action.value.field) {
    const std::optional<Number> number = reader_.values()[*action.value.field].AsNumber();
    if (number) {
      value = *number;
    } else if (action.value.otherwise) {
      value = *action.value.otherwise;
    } else if (action.value.optional) {
      return RejectReason::kNone;
    } else {
      return Reject(RejectReason::kBadValue, action.line, *action.value.field);
    }
  }
  if (count_ == events_.size()) events_.emplace_back();
  Event& event = events_[count_];
  if (RejectReason bad = AddLabels(action, &event); bad != RejectReason::kNone) return bad;
  event.org = rules_->org;
  event.name = action.name;
  event.type = action.type;
  event.value = value;
  event.ts_ms = ts_ms;
  ++count_;
  return RejectReason::kNone;
}

RejectReason Evaluator::AddLabels(const Action& action, Event* event) {
  event->labels.clear();
  for (const LabelSource& label : action.labels) {
    if (!label.field) {
      event->labels.push_back({label.name, label.constant});
      continue;
    }
    const FieldValue& value = reader_.values()[*label.field];
    std::optional<std::string_view> text;
    if (!value.missing()) {
      text = TextOf(*label.field);
      if (!text) return Reject(RejectReason::kBadLabels, action.line, *label.field);
      if (label.in && !std::binary_search(label.in->begin(), label.in->end(), *text)) text.reset();
    }
    if (!text && label.otherwise) text = *label.otherwise;
    if (!text) continue;
    if (text->size() > kMaxNameBytes) return Reject(RejectReason::kBadLabels, action.line, *label.field);
    event->labels.push_back({label.name, *text});
  }
  return RejectReason::kNone;
}

std::optional<std::string_view> Evaluator::TextOf(FieldId field) {
  return reader_.values()[field].AsText(&texts_[field]);
}

RejectReason Evaluator::Reject(RejectReason reason, int line, FieldId field) {
  rejection_ = {reason, line, rules_->fields.pointer(field)};
  return reason;
}

}  // namespace odometer::rules
