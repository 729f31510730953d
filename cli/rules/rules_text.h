// Rules, and what they give, as text for people.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "common/model/event.h"
#include "rules/rule_set.h"

namespace odometer::cli {

// The metrics that the rules give, one per line: type, name, and the labels that its events may have. Then the version.
std::string RulesText(const rules::RuleSet& rules);

// An event as a record of the input topic (schemas/metric-event.v1.schema.json).
std::string EventJson(const Event& event);

struct TryOptions {
  std::string rules_file;  // as it is named in messages
  size_t topic = 0;        // index into RuleSet::topics
  int64_t record_ts_ms = 0;  // the records' own timestamp
  bool json = false;       // events only, one per line
};

struct TryCounts {
  uint64_t records = 0;
  uint64_t counted = 0;    // that gave events
  uint64_t no_events = 0;  // that gave none
  uint64_t rejected = 0;
};

// Applies the rules to each line of `records`, empty ones apart, and prints to `out` what they give; then, unless only
// events are wanted, what these add up to. With `json` the rejected go to `errors`.
TryCounts TryRules(std::shared_ptr<const rules::RuleSet> rules, const TryOptions& options, std::istream* records,
                   std::ostream* out, std::ostream* errors);

}  // namespace odometer::cli
