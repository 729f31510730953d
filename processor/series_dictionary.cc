#include "processor/series_dictionary.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace odometer {

namespace {
constexpr size_t kBlockBytes = 256 << 10;
constexpr size_t kFirstSlots = 1024;

uint32_t HashOf(std::string_view identity) {
  return static_cast<uint32_t>(XXH3_64bits(identity.data(), identity.size()));
}
}  // namespace

SeriesDictionary::SeriesDictionary(SeriesId next_id) : slots_(kFirstSlots), next_id_(next_id) {}

std::optional<SeriesId> SeriesDictionary::Find(std::string_view identity) const {
  const uint32_t hash = HashOf(identity);
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask; slots_[i] != 0; i = (i + 1) & mask) {
    const Entry& entry = entries_[slots_[i] - 1];
    if (entry.hash == hash && entry.id != 0 && entry.identity_size == identity.size() &&
        std::memcmp(entry.identity, identity.data(), identity.size()) == 0) {
      return entry.id;
    }
  }
  return std::nullopt;
}

SeriesId SeriesDictionary::Add(std::string_view identity) {
  const SeriesId id = next_id_++;
  Insert(identity, HashOf(identity), id);
  return id;
}

void SeriesDictionary::Load(std::string_view identity, SeriesId id) {
  Insert(identity, HashOf(identity), id);
  next_id_ = std::max(next_id_, id + 1);
}

std::vector<SeriesDictionary::Removed> SeriesDictionary::Forget(std::string_view org,
                                                                std::string_view qualified_name) {
  std::vector<Removed> removed;
  for (Entry& entry : entries_) {
    if (entry.id == 0) continue;
    std::string_view identity(entry.identity, entry.identity_size);
    const SeriesHead head = ReadSeriesHead(identity);
    if (head.org != org || !qualified_name.ends_with(head.name)) continue;
    Result<Series> series = DecodeSeriesIdentity(identity);
    if (!series.ok() || series->org != org || series->QualifiedName() != qualified_name) continue;
    removed.push_back({entry.id, identity});
    entry.id = 0;  // the slot stays taken, so that probing past it still works
    --size_;
  }
  return removed;
}

size_t SeriesDictionary::MemoryBytes() const {
  return interned_bytes_ + entries_.capacity() * sizeof(Entry) + slots_.capacity() * sizeof(uint32_t);
}

std::string_view SeriesDictionary::Intern(std::string_view identity) {
  if (identity.size() > block_left_) {
    size_t size = std::max(kBlockBytes, identity.size());
    blocks_.push_back(std::make_unique<char[]>(size));
    block_next_ = blocks_.back().get();
    block_left_ = size;
    interned_bytes_ += size;
  }
  char* place = block_next_;
  std::memcpy(place, identity.data(), identity.size());
  block_next_ += identity.size();
  block_left_ -= identity.size();
  return {place, identity.size()};
}

void SeriesDictionary::Insert(std::string_view identity, uint64_t hash, SeriesId id) {
  if ((entries_.size() + 1) * 2 > slots_.size()) Grow();
  std::string_view interned = Intern(identity);
  entries_.push_back({interned.data(), static_cast<uint32_t>(interned.size()), static_cast<uint32_t>(hash), id});
  const size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  while (slots_[i] != 0) i = (i + 1) & mask;
  slots_[i] = static_cast<uint32_t>(entries_.size());
  ++size_;
}

void SeriesDictionary::Grow() {
  // Removed entries are left behind here; their identities stay in the arena.
  std::erase_if(entries_, [](const Entry& entry) { return entry.id == 0; });
  std::vector<uint32_t> slots(std::max(kFirstSlots, slots_.size() * (entries_.size() * 2 >= slots_.size() ? 2 : 1)));
  const size_t mask = slots.size() - 1;
  for (size_t index = 0; index < entries_.size(); ++index) {
    size_t i = entries_[index].hash & mask;
    while (slots[i] != 0) i = (i + 1) & mask;
    slots[i] = static_cast<uint32_t>(index + 1);
  }
  slots_ = std::move(slots);
}

}  // namespace odometer
