#include "common/model/tier.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace odometer {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;
// The largest first.
constexpr std::array<Unit, 5> kUnits = {
    {{"d", kDayMs}, {"h", kHourMs}, {"m", kMinuteMs}, {"s", kSecondMs}, {"ms", 1}}};
// Far from where sums of times could overflow.
constexpr int64_t kMaxDurationMs = 365 * 10'000 * kDayMs;

}  // namespace

std::string Tier::StoreName() const { return "windows-" + FormatDuration(size_ms); }

TierSet TierSet::Default() {
  return {{{kSecondMs, kHourMs}, {kMinuteMs, 7 * kDayMs}, {kHourMs, kForever}}, true};
}

Status TierSet::Validate() const {
  if (windows.empty() && !total) return Status::Invalid("no tier: at least one window size or the total is needed");
  for (size_t i = 0; i < windows.size(); ++i) {
    const Tier& tier = windows[i];
    if (tier.size_ms <= 0 || tier.size_ms > kMaxDurationMs) {
      return Status::Invalid("a tier's size must be positive and at most " + FormatDuration(kMaxDurationMs));
    }
    std::string name = "tier " + FormatDuration(tier.size_ms);
    if (tier.retention_ms != kForever && (tier.retention_ms < tier.size_ms || tier.retention_ms > kMaxDurationMs)) {
      return Status::Invalid(name + ": its retention must be at least its size, and at most " +
                             FormatDuration(kMaxDurationMs) + ", or forever");
    }
    if (i == 0) continue;
    int64_t finer_ms = windows[i - 1].size_ms;
    if (tier.size_ms <= finer_ms || tier.size_ms % finer_ms != 0) {
      return Status::Invalid(name + ": its size must be a multiple of the one before it, " + FormatDuration(finer_ms));
    }
  }
  return Status::Ok();
}

bool TierSet::RetainsEvent(int64_t ts_ms, int64_t stream_time_ms) const {
  return total || std::any_of(windows.begin(), windows.end(), [&](const Tier& tier) {
           return tier.Retains(tier.WindowStart(ts_ms), stream_time_ms);
         });
}

Result<int64_t> ParseDuration(std::string_view text) {
  if (text == "forever") return kForever;
  int64_t amount = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, amount);
  std::string_view unit_name(rest, static_cast<size_t>(end - rest));
  auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit_name; });
  if (error != std::errc() || amount < 0 || text.front() == '-' || unit == kUnits.end()) {
    return Status::Invalid("'" + std::string(text) + "' is not a duration: write a number and ms, s, m, h or d, or forever");
  }
  if (amount > kMaxDurationMs / unit->ms) {
    return Status::Invalid("'" + std::string(text) + "' is longer than " + FormatDuration(kMaxDurationMs));
  }
  return amount * unit->ms;
}

std::string FormatDuration(int64_t ms) {
  if (ms == kForever) return "forever";
  if (ms == 0) return "0s";
  auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return ms % u.ms == 0; });
  return std::to_string(ms / unit->ms) + std::string(unit->name);
}

}  // namespace odometer
