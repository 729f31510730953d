// From a record to the events that the rules give.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/event.h"
#include "common/model/event_decoder.h"
#include "rules/record_reader.h"
#include "rules/rule_set.h"

namespace odometer::rules {

// Why a record gives no events although it should.
struct Rejection {
  RejectReason reason = RejectReason::kNone;
  int line = 0;              // of the action or rule in the file; 0: the record itself is at fault
  std::string_view pointer;  // the field at fault; valid as long as the rules
};

// The same record, timestamp and topic give the same events. No allocation per record once the buffers have grown, but
// for numbers as labels. Not thread-safe: one per thread.
class Evaluator {
 public:
  explicit Evaluator(std::shared_ptr<const RuleSet> rules);

  // Events of all rules that the record matches, in the file's order, or none of them: a record is counted whole or
  // rejected. `record_ts_ms`: the record's own timestamp, as with EventDecoder::Decode. `topic`: its topic's index.
  RejectReason Evaluate(std::string_view record, int64_t record_ts_ms, size_t topic);

  // Of the last record; views are valid until the next call. Empty when no rule matched, or it was rejected.
  std::span<const Event> events() const { return {events_.data(), count_}; }
  const Rejection& rejection() const { return rejection_; }

  const RuleSet& rules() const { return *rules_; }

 private:
  RejectReason Apply(const Rule& rule, int64_t record_ts_ms);
  RejectReason ReadTime(const Rule& rule, int64_t record_ts_ms, int64_t* ts_ms);
  RejectReason AddEvent(const Action& action, int64_t ts_ms);
  RejectReason AddLabels(const Action& action, Event* event);
  RejectReason Reject(RejectReason reason, int line, FieldId field);
  // The field as text. The view is valid until the next record.
  std::optional<std::string_view> TextOf(FieldId field);

  const std::shared_ptr<const RuleSet> rules_;
  RecordReader reader_;
  std::vector<Event> events_;  // the first count_ are the record's; the others keep their memory
  size_t count_ = 0;
  Rejection rejection_;
  std::vector<std::string> texts_;  // by field: where its text is kept when it is none itself
  std::string buffer_;
};

}  // namespace odometer::rules
