// Where POST /events writes: the source of the rules that takes posts.
#pragma once

#include <memory>

#include "ingest/event_source.h"
#include "rules/rule_set.h"

namespace odometer::cli {

// Null where there are no rules, or none of their sources takes posts.
std::shared_ptr<const EventSource> PostedSourceOf(std::shared_ptr<const rules::RuleSet> rules);

}  // namespace odometer::cli
