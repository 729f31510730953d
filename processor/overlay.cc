#include "processor/overlay.h"

#include <algorithm>

namespace odometer {

namespace {
constexpr size_t kFirstSlots = 256;

uint32_t HashOf(SeriesId series, int64_t window_start_ms) {
  // Fibonacci hashing of the two parts; window starts are multiples of large numbers, so the high bits are used.
  uint64_t h = (static_cast<uint64_t>(window_start_ms) * 0x9E3779B97F4A7C15ull) ^ (series * 0xC2B2AE3D27D4EB4Full);
  h ^= h >> 29;
  h *= 0x165667B19E3779F9ull;
  return static_cast<uint32_t>(h >> 32);
}
}  // namespace

Overlay::Overlay() : slots_(kFirstSlots) {}

Aggregate& Overlay::At(SeriesId series, int64_t window_start_ms) {
  if ((size_ + 1) * 2 > slots_.size()) Grow();
  const uint32_t hash = HashOf(series, window_start_ms);
  const size_t mask = slots_.size() - 1;
  size_t i = hash & mask;
  for (; slots_[i].index != 0; i = (i + 1) & mask) {
    if (slots_[i].hash != hash) continue;
    Delta& delta = DeltaAt(slots_[i].index - 1);
    if (delta.series == series && delta.window_start_ms == window_start_ms && !delta.forever_only) {
      return delta.aggregate;
    }
  }
  Delta& delta = Append();
  delta.series = series;
  delta.window_start_ms = window_start_ms;
  slots_[i] = {hash, static_cast<uint32_t>(size_)};
  return delta.aggregate;
}

void Overlay::AddForeverOnly(SeriesId series, int64_t window_start_ms, const Aggregate& aggregate) {
  // Not entered in the table: nothing is ever added to it.
  Delta& delta = Append();
  delta.series = series;
  delta.forever_only = true;
  delta.window_start_ms = window_start_ms;
  delta.aggregate = aggregate;
}

size_t Overlay::MemoryBytes() const {
  return size_ * sizeof(Delta) + slots_.size() * sizeof(Slot) + heap_bytes_;
}

std::vector<const Delta*> Overlay::Sorted() const {
  std::vector<const Delta*> sorted;
  sorted.reserve(size_);
  for (size_t index = 0; index < size_; ++index) sorted.push_back(&chunks_[index / kChunk][index % kChunk]);
  std::sort(sorted.begin(), sorted.end(), [](const Delta* a, const Delta* b) {
    if (a->series != b->series) return a->series < b->series;
    return a->window_start_ms < b->window_start_ms;
  });
  return sorted;
}

Delta& Overlay::Append() {
  if (size_ % kChunk == 0) chunks_.push_back(std::make_unique<Delta[]>(kChunk));
  return DeltaAt(size_++);
}

void Overlay::Grow() {
  std::vector<Slot> slots(slots_.size() * 2);
  const size_t mask = slots.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.index == 0) continue;
    size_t i = slot.hash & mask;
    while (slots[i].index != 0) i = (i + 1) & mask;
    slots[i] = slot;
  }
  slots_ = std::move(slots);
}

}  // namespace odometer
