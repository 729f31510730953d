#include "processor/seen_ids.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

#include "common/base/bytes.h"

namespace odometer {

namespace {
constexpr uint8_t kVersion = 1;
constexpr size_t kFirstIndex = 256;
constexpr size_t kFirstRing = 128;
}  // namespace

IdHash HashId(std::string_view org, std::string_view id, std::string* buffer) {
  buffer->clear();
  ByteWriter out(buffer);
  out.Blob(org);
  out.Raw(id);
  const XXH128_hash_t hash = XXH3_128bits(buffer->data(), buffer->size());
  return {hash.high64, hash.low64};
}

void EncodeSeenId(const SeenId& id, std::string* out) {
  ByteWriter writer(out);
  writer.U8(kVersion);
  writer.Varint(id.sequence);
  writer.SignedVarint(id.seen_ms);
  writer.U64(id.hash.high);
  writer.U64(id.hash.low);
}

Result<SeenId> DecodeSeenId(std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  if (!in.failed() && version != kVersion) {
    return Status::Invalid("seen id of format version " + std::to_string(version) + ", this program reads version " +
                           std::to_string(kVersion));
  }
  SeenId id;
  id.sequence = in.Varint();
  id.seen_ms = in.SignedVarint();
  id.hash.high = in.U64();
  id.hash.low = in.U64();
  if (!in.Done()) return Status::Invalid("malformed seen id");
  return id;
}

bool SeenIds::Retained(const Entry& entry, int64_t stream_time_ms) const {
  if (entry.seen_ms == kNever) return false;
  int64_t until_ms = 0;
  if (__builtin_add_overflow(entry.seen_ms, options_.retention_ms, &until_ms)) return true;
  return stream_time_ms <= until_ms;
}

bool SeenIds::Contains(const IdHash& hash, int64_t stream_time_ms) const {
  if (indexed_ == 0) return false;
  const uint32_t found = index_[Find(hash)];
  return found != kFree && Retained(ring_[found - 1], stream_time_ms);
}

SeenIds::Added SeenIds::Add(const IdHash& hash, int64_t stream_time_ms) {
  const uint64_t sequence = next_sequence_++;
  const uint32_t slot = static_cast<uint32_t>(sequence % options_.max_ids);
  Entry& entry = At(slot);
  const bool forgot = Retained(entry, stream_time_ms);
  Unindex(slot);
  entry = {hash, stream_time_ms};
  Index(slot);
  return {slot, {sequence, stream_time_ms, hash}, forgot};
}

void SeenIds::Load(uint32_t slot, const SeenId& id) {
  next_sequence_ = std::max(next_sequence_, id.sequence + 1);
  if (slot >= options_.max_ids) return;
  At(slot) = {id.hash, id.seen_ms};
  // An id that came again after its retention is there twice: the later one counts.
  if (indexed_ > 0) {
    const uint32_t other = index_[Find(id.hash)];
    if (other != kFree && ring_[other - 1].seen_ms > id.seen_ms) return;
  }
  Index(slot);
}

SeenIds::Entry& SeenIds::At(uint32_t slot) {
  if (slot >= ring_.size()) {
    if (slot >= ring_.capacity()) {
      ring_.reserve(std::min<size_t>(options_.max_ids, std::max({kFirstRing, 2 * ring_.capacity(), size_t{slot} + 1})));
    }
    ring_.resize(size_t{slot} + 1);
  }
  return ring_[slot];
}

size_t SeenIds::Find(const IdHash& hash) const {
  const size_t mask = index_.size() - 1;
  size_t at = hash.low & mask;
  while (index_[at] != kFree && ring_[index_[at] - 1].hash != hash) at = (at + 1) & mask;
  return at;
}

void SeenIds::Unindex(uint32_t slot) {
  if (indexed_ == 0) return;
  size_t gap = Find(ring_[slot].hash);
  if (index_[gap] != slot + 1) return;
  // What was probed past the place moves up, so that it is still found.
  const size_t mask = index_.size() - 1;
  for (size_t at = (gap + 1) & mask; index_[at] != kFree; at = (at + 1) & mask) {
    const size_t home = ring_[index_[at] - 1].hash.low & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    index_[gap] = index_[at];
    gap = at;
  }
  index_[gap] = kFree;
  --indexed_;
}

void SeenIds::Index(uint32_t slot) {
  if ((indexed_ + 1) * 2 > index_.size()) GrowIndex();
  uint32_t& place = index_[Find(ring_[slot].hash)];
  if (place == kFree) ++indexed_;
  place = slot + 1;
}

void SeenIds::GrowIndex() {
  std::vector<uint32_t> old = std::move(index_);
  index_.assign(std::max(kFirstIndex, 2 * old.size()), kFree);
  for (uint32_t slot_plus_one : old) {
    if (slot_plus_one != kFree) index_[Find(ring_[slot_plus_one - 1].hash)] = slot_plus_one;
  }
}

}  // namespace odometer
