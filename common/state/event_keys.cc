#include "common/state/event_keys.h"

#include <xxhash.h>

#include "common/base/bytes.h"
#include "common/state/state_layout.h"

namespace odometer {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kTaskBytes = 4;
constexpr size_t kMaxPlainNameBytes = 512;

// Appends `text` as AppendNamePrefix does, but for the end.
void AppendEscapedWithoutEnd(std::string_view text, std::string* out) {
  AppendNamePrefix(text, out);
  out->resize(out->size() - 2);
}

// The length of the escaped org at the beginning, its end included; 0: there is none.
size_t OrgPartBytes(std::string_view bytes) {
  for (size_t i = 0; i + 1 < bytes.size(); ++i) {
    if (bytes[i] != '\0') continue;
    if (bytes[i + 1] == '\x01') return i + 2;
    if (bytes[++i] != '\xff') return 0;
  }
  return 0;
}

}  // namespace

std::string EventNamePart(std::string_view name) {
  std::string part;
  if (name.size() <= kMaxPlainNameBytes) {
    AppendNamePrefix(name, &part);
    return part;
  }
  AppendEscapedWithoutEnd(name.substr(0, kMaxPlainNameBytes), &part);
  part.append({'\0', '\x02'});
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  ByteWriter out(&part);
  out.U64(hash.high64);
  out.U64(hash.low64);
  return part;
}

std::string EventKeyPrefix(int32_t partition, std::string_view org, std::string_view name_part) {
  std::string key = TaskKey(partition);
  AppendNamePrefix(org, &key);
  return key.append(name_part);
}

void AppendEventPlace(const EventPlace& place, std::string* key) {
  ByteWriter out(key);
  out.SortableI64(place.ts_ms);
  out.SortableI64(place.appended_ms);
  out.SortableI64(place.offset);
}

EventPlace ParseEventPlace(std::string_view key) {
  EventPlace place;
  place.partition = static_cast<int32_t>(ByteReader(key).U32());
  ByteReader in(key.substr(key.size() - kEventPlaceBytes));
  place.ts_ms = in.SortableI64();
  place.appended_ms = in.SortableI64();
  place.offset = in.SortableI64();
  return place;
}

std::optional<std::string> ByNameKey(std::string_view key, std::string_view name_part) {
  if (key.size() < kTaskBytes + kEventPlaceBytes) return std::nullopt;
  const size_t org_bytes = OrgPartBytes(key.substr(kTaskBytes));
  const size_t prefix_bytes = kTaskBytes + org_bytes;
  if (org_bytes == 0 || key.size() != prefix_bytes + kEventPlaceBytes) return std::nullopt;
  std::string by_name;
  by_name.reserve(key.size() + name_part.size());
  return by_name.append(key.substr(0, prefix_bytes)).append(name_part).append(key.substr(prefix_bytes));
}

std::string EncodeStoredEvent(const StoredEvent& event) {
  std::string bytes;
  bytes.reserve(event.name_part.size() + event.body.size() + 4);
  ByteWriter out(&bytes);
  out.U8(kVersion);
  out.Blob(event.name_part);
  out.Raw(event.body);
  return bytes;
}

Result<StoredEvent> DecodeStoredEvent(std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  StoredEvent event;
  event.name_part = in.Blob();
  event.body = in.rest();
  if (in.failed()) return Status::Invalid("malformed event");
  if (version != kVersion) {
    return Status::Invalid("event of format version " + std::to_string(version) + ", this program reads version " +
                           std::to_string(kVersion));
  }
  return event;
}

}  // namespace odometer
