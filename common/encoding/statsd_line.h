// Lines of the statsd protocol, with the tags and times of DogStatsD:
//   name:value[:value…]|type[|@rate][|#tag:text,tag…][|Tseconds]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/event.h"
#include "common/model/event_decoder.h"

namespace odometer {

// A number, or the member of a set.
struct StatsdValue {
  Number number;
  std::string_view member;
};

// Views into the line.
struct StatsdLine {
  std::string_view name;
  // c: counter, g: gauge, m: meter, ms, h and d: timer, s: set.
  MetricType type = MetricType::kCounter;
  // At least one. A counter's are divided by the rate; of the other types it says nothing that an event could hold.
  std::vector<StatsdValue> values;
  bool relative = false;  // of a gauge: its values, with a sign, are added to what it was
  std::optional<int64_t> ts_ms;
  std::vector<Label> tags;  // as they stand there; the value of one without a colon is empty
};

// Reads one line, without what ends it. Sections of other letters than above are ignored, as DogStatsD demands.
// kUnsupported: an event (_e), a service check (_sc), or several values of a relative gauge's line where not all have a
// sign. kTooLarge: so many values of so long a name and tags that their events have over kMaxEventBytes
// together. Not all limits of an event are checked: that is for its decoder.
RejectReason ParseStatsdLine(std::string_view line, StatsdLine* parsed);

// Appends the event of one of the line's values as JSON.
void StatsdEventToJson(const StatsdLine& line, const StatsdValue& value, std::string* json);

// Takes the first line off *text, without its end (\n or \r\n).
std::string_view TakeStatsdLine(std::string_view* text);

}  // namespace odometer
