#include "common/model/timestamp.h"

#include <fmt/core.h>

#include <chrono>

namespace odometer {
namespace {

constexpr int64_t kMsPerMinute = 60'000;
constexpr int64_t kMsPerDay = 24 * 60 * kMsPerMinute;

// Takes what it recognises from the front of the text; false leaves the text unusable.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool Done() const { return text_.empty(); }
  bool Take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool TakeAny(std::string_view any) {
    if (text_.empty() || any.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool Digits(int count, int max, int* value) {
    if (text_.size() < static_cast<size_t>(count)) return false;
    *value = 0;
    for (int i = 0; i < count; ++i) {
      if (!IsDigit(text_[i])) return false;
      *value = *value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return *value <= max;
  }
  // Digits after the decimal point, one or more; the value is cut to milliseconds.
  bool Fraction(int* ms) {
    *ms = 0;
    int digits = 0;
    for (; !text_.empty() && IsDigit(text_.front()); ++digits, text_.remove_prefix(1)) {
      if (digits < 3) *ms = *ms * 10 + (text_.front() - '0');
    }
    for (int i = digits; i < 3; ++i) *ms *= 10;
    return digits > 0;
  }

 private:
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

  std::string_view text_;
};

bool ScanDate(Scanner* in, int64_t* ms) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!in->Digits(4, 9999, &year) || !in->Take('-') || !in->Digits(2, 12, &month) || !in->Take('-') ||
      !in->Digits(2, 31, &day)) {
    return false;
  }
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (year == 0 || !date.ok()) return false;
  *ms = std::chrono::sys_days(date).time_since_epoch().count() * kMsPerDay;
  return true;
}

bool ScanTimeOfDay(Scanner* in, int64_t* ms) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  if (!in->Digits(2, 23, &hour) || !in->Take(':') || !in->Digits(2, 59, &minute)) return false;
  if (in->Take(':')) {
    bool leap_second_allowed = hour == 23 && minute == 59;
    if (!in->Digits(2, leap_second_allowed ? 60 : 59, &second)) return false;
    if (in->Take('.') && !in->Fraction(&millisecond)) return false;
  }
  *ms = ((hour * 60 + minute) * int64_t{60} + second) * 1000 + millisecond;
  return true;
}

bool ScanOffset(Scanner* in, int64_t* ms) {
  *ms = 0;
  if (in->Done() || in->TakeAny("Zz")) return true;
  bool west = in->Take('-');
  if (!west && !in->Take('+')) return false;
  int hours = 0;
  int minutes = 0;
  if (!in->Digits(2, 23, &hours)) return false;
  bool has_colon = in->Take(':');
  if ((has_colon || !in->Done()) && !in->Digits(2, 59, &minutes)) return false;
  *ms = (hours * 60 + minutes) * kMsPerMinute * (west ? -1 : 1);
  return true;
}

}  // namespace

std::optional<int64_t> ParseIso8601(std::string_view text) {
  Scanner in(text);
  int64_t date_ms = 0;
  if (!ScanDate(&in, &date_ms)) return std::nullopt;
  if (in.Done()) return date_ms;
  int64_t time_ms = 0;
  int64_t offset_ms = 0;
  if (!in.TakeAny("Tt ") || !ScanTimeOfDay(&in, &time_ms) || !ScanOffset(&in, &offset_ms) || !in.Done()) {
    return std::nullopt;
  }
  int64_t ms = date_ms + time_ms - offset_ms;
  if (ms < kMinTimestampMs || ms > kMaxTimestampMs) return std::nullopt;
  return ms;
}

std::string FormatIso8601(int64_t ms) {
  std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms)};
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss<std::chrono::milliseconds> clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

}  // namespace odometer
