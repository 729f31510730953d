#include "processor/window_presence.h"

#include <limits>

namespace odometer {

namespace {
constexpr int64_t kNone = std::numeric_limits<int64_t>::min();
}

WindowPresence::WindowPresence(const Tier* tier, SeriesId first_new_id, int64_t stream_time_ms)
    : size_ms_(tier ? tier->size_ms : 0),
      first_new_id_(first_new_id),
      restored_highest_(stream_time_ms == kBeginningOfTime ? kNone
                        : tier                             ? IndexOf(tier->WindowStart(stream_time_ms))
                                                           : 0) {}

bool WindowPresence::TestAndSet(SeriesId series, int64_t window_start_ms) {
  while (recent_.size() <= series) {
    const bool restored = recent_.size() < first_new_id_;
    recent_.push_back(restored ? Recent{restored_highest_, ~uint64_t{0}} : Recent{kNone, 0});
  }
  Recent& recent = recent_[series];
  const int64_t index = IndexOf(window_start_ms);
  if (recent.highest == kNone) {
    recent = {index, 1};
    return false;
  }
  if (index > recent.highest) {
    const uint64_t shift = static_cast<uint64_t>(index) - static_cast<uint64_t>(recent.highest);
    recent.seen = shift > 63 ? 0 : recent.seen << shift;
    recent.seen |= 1;
    recent.highest = index;
    return false;
  }
  const uint64_t age = static_cast<uint64_t>(recent.highest) - static_cast<uint64_t>(index);
  if (age > 63) return true;
  const uint64_t bit = uint64_t{1} << age;
  const bool seen = recent.seen & bit;
  recent.seen |= bit;
  return seen;
}

}  // namespace odometer
