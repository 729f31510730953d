// Where POST /events writes: a source of rules that takes posts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/model/event_decoder.h"

namespace odometer {

// Why the rules could not count an event.
struct EventRefusal {
  RejectReason reason = RejectReason::kNone;  // none: they can
  std::string field;                          // as a JSON Pointer; may be empty
};

// Immutable: any thread may use it.
class EventSource {
 public:
  virtual ~EventSource() = default;
  virtual const std::string& org() const = 0;
  virtual const std::string& topic() const = 0;
  // `now_ms`: the time that the event's record will have, about.
  virtual EventRefusal Check(std::string_view event, int64_t now_ms) const = 0;
};
// That of now; null: there is none. Thread-safe.
using EventSourceNow = std::function<std::shared_ptr<const EventSource>()>;

}  // namespace odometer
