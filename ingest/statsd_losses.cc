#include "ingest/statsd_losses.h"

#include <algorithm>

#include "common/base/log.h"

namespace odometer {
namespace {

// Printable ASCII; what is not becomes a question mark.
std::string Shown(std::string_view line) {
  constexpr size_t kMaxShown = 80;
  std::string text(line.substr(0, kMaxShown));
  std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

void StatsdLosses::Rejected(RejectReason reason, std::string_view line) {
  counters_.Rejected(reason);
  Log(1, std::string(RejectReasonName(reason)) + ": '" + Shown(line) + "'");
}

void StatsdLosses::Delivered(const Deliveries& deliveries) {
  counters_.Delivered(deliveries);
  uint64_t lost = 0;
  const Delivery* last = nullptr;
  for (const Delivery& delivery : deliveries) {
    if (delivery.outcome == Outcome::kWritten) continue;
    ++lost;
    last = &delivery;
  }
  if (last != nullptr) Log(lost, std::string(OutcomeCode(last->outcome)) + ": " + last->reason);
}

void StatsdLosses::Log(uint64_t lost, const std::string& last) {
  {
    MutexLock lock(mutex_);
    not_logged_ += lost;
    const int64_t now_ms = clock_->SteadyMs();
    if (now_ms < next_log_ms_) return;
    next_log_ms_ = now_ms + kLogEveryMs;
    lost = not_logged_;
    not_logged_ = 0;
  }
  LogWarn("ingest", "statsd: {} values or lines were lost since the last such line; the last one: {}", lost, last);
}

}  // namespace odometer
