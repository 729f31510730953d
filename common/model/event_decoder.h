// From a record's bytes to an Event, or to the reason why not. The hot path: one pass, no allocation per event once
// the buffers have grown to the largest record.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/event.h"

namespace odometer {

// Why a record was not applied. Names are part of metrics and dead letters: keep them.
enum class RejectReason : uint8_t {
  kNone,
  kMalformed,      // not JSON, not UTF-8, a number outside every range (1e999), trailing bytes
  kNotAnObject,    // JSON, but not an object
  kTooLarge,       // over kMaxEventBytes
  kTooDeep,        // nested over kMaxJsonDepth
  kMissingName,    // no name, or an empty one (not of type event)
  kBadName,        // not a string, over kMaxNameBytes, or kOverflowName (not of type event)
  kBadType,        // not a string, or no known type
  kBadValue,       // not a finite number (a number as text, null, true, a list); of a raw event: none at all; of a set: not
                   // text of 1 to kMaxNameBytes and no whole number of 64 bits either, or none
  kBadTimestamp,   // neither ISO-8601 nor epoch ms, or outside the years 1 to 9999
  kFromTheFuture,  // more than kMaxFutureMs after the record's own timestamp
  kBadLabels,      // not an object of strings, over kMaxLabels, or a label name or value over kMaxNameBytes
  kBadOrg,         // not a string, empty, over kMaxNameBytes, or kOverflowName
  kBadId,          // not a string, or over kMaxNameBytes
  kBadControl,     // a control record ("set", "forget") that cannot be read
  kUnknownEncoding,  // a content type that is not known here (common/encoding)
  kUnsupported,      // its encoding can say what is not counted: statsd's service checks, for one
};
// "malformed", "not_an_object", "too_large", … (snake case of the enumerator); "none".
std::string_view RejectReasonName(RejectReason reason);
inline constexpr int kRejectReasons = static_cast<int>(RejectReason::kUnsupported) + 1;

inline constexpr size_t kMaxEventBytes = 1 << 20;
inline constexpr int kMaxJsonDepth = 16;
inline constexpr size_t kMaxNameBytes = 512;
inline constexpr size_t kMaxLabels = 64;  // entries of `labels`, as written; `level` is not counted
inline constexpr int64_t kMaxFutureMs = 5 * 60 * 1000;

// Not thread-safe: one per thread.
class EventDecoder {
 public:
  EventDecoder();
  ~EventDecoder();

  // Reads one JSON event (schemas/metric-event.v1.schema.json). `record_ts_ms` is the record's own timestamp: the
  // event's time when it has none of its own, and what "from the future" is measured against.
  // null counts as absent for every key but `name` and `value`; of a key that stands twice the last one counts;
  // unknown keys are ignored, but must be valid JSON.
  // Of type event `name` and `value` may be anything: see Event::counted. A name that is not text is taken as its JSON.
  // Of type set a whole number is taken as the text of its digits: 17 and "17" are one member.
  // On kNone *event is filled in, and its views are valid until the next call.
  RejectReason Decode(std::string_view record, int64_t record_ts_ms, Event* event);

  // What the Metrics API reads of a post besides.
  struct Post {
    std::optional<int64_t> ts_ms;  // ISO-8601, or epoch seconds; nothing: none, or null
  };
  // Reads the body of a raw event (raw_event.h): fills in name, type, value and counted, as above, and leaves the rest.
  // With `post` it is judged as a new post: its `ts` must be a time, and name and value must hold no NUL.
  RejectReason DecodeRaw(std::string_view body, Event* event, Post* post = nullptr);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::unique_ptr<Parser> raw_parser_;  // for deeper nesting; made when it is needed
  std::string text_;                    // of the last event: its name, or its member, when that is not text
};

}  // namespace odometer
