// How raw events lie in the store: their keys and values in the families `events` and `events-by-name`.
// Bytes: docs/formats/store.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace odometer {

// Where an event stands among all others of its org: by its time, then by arrival. The partition counts only between
// events that were appended within the same ms.
struct EventPlace {
  int64_t ts_ms = 0;
  int64_t appended_ms = 0;  // the record's own timestamp
  int32_t partition = 0;
  int64_t offset = 0;
  friend auto operator<=>(const EventPlace&, const EventPlace&) = default;
};

// An event's name as keys have it: none is a prefix of another. Of a name over 512 bytes its beginning and a hash.
std::string EventNamePart(std::string_view name);

// Prefix of the keys of an org's events in the task's `events`, in event order; with a name part, in `events-by-name`.
std::string EventKeyPrefix(int32_t partition, std::string_view org, std::string_view name_part = {});
// Behind a prefix: the place, 24 bytes. The partition is not in it: keys begin with it.
void AppendEventPlace(const EventPlace& place, std::string* key);
// The place at a key's end. Requires a key of at least kEventPlaceBytes and 4 bytes.
inline constexpr size_t kEventPlaceBytes = 24;
EventPlace ParseEventPlace(std::string_view key);
// The key in `events-by-name` of what has that key in `events`. Nothing when that is no such key.
std::optional<std::string> ByNameKey(std::string_view key, std::string_view name_part);

// The value, the same in both families.
struct StoredEvent {
  std::string_view name_part;
  std::string_view body;
};
std::string EncodeStoredEvent(const StoredEvent& event);
// Views into `bytes`.
Result<StoredEvent> DecodeStoredEvent(std::string_view bytes);

}  // namespace odometer
