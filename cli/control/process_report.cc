#include "cli/control/process_report.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/model/timestamp.h"

namespace odometer::cli {
namespace {

constexpr int64_t kSecondMs = 1'000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;

// The two largest units: a person wants to know whether it was today or last week.
std::string AgeText(int64_t ms) {
  if (ms >= kDayMs) return fmt::format("{} d {} h", ms / kDayMs, ms % kDayMs / kHourMs);
  if (ms >= kHourMs) return fmt::format("{} h {} min", ms / kHourMs, ms % kHourMs / kMinuteMs);
  if (ms >= kMinuteMs) return fmt::format("{} min {} s", ms / kMinuteMs, ms % kMinuteMs / kSecondMs);
  return fmt::format("{} s", ms / kSecondMs);
}

// To the second: the kernel's ticks and the wall clock do not agree better.
int64_t WholeSeconds(int64_t ms) { return ms / kSecondMs * kSecondMs; }

}  // namespace

std::string ReportLine(const ProcessReport& report) {
  std::string line = fmt::format("{:<10} ", report.name);
  const std::string reasons = fmt::format("{}", fmt::join(report.reasons, "; "));
  if (report.state == ProcessState::kNotRunning) {
    return line + "not running" + (reasons.empty() ? "" : ": " + reasons);
  }
  std::string since = FormatIso8601(WholeSeconds(report.started_ms));
  since.replace(since.size() - 5, 5, "Z");  // without ".000"
  line += fmt::format("{}, running since {} ({}), pid {}", report.state == ProcessState::kReady ? "ready" : "not ready",
                      since, AgeText(report.age_ms), report.pid);
  if (!report.address.empty()) line += ", http://" + report.address;
  if (report.lag_records) line += fmt::format(", {} records behind", *report.lag_records);
  return reasons.empty() ? line : line + ": " + reasons;
}

std::string ReportJson(const ProcessReport& report) {
  nlohmann::ordered_json json = {{"name", report.name}};
  json["running"] = report.state != ProcessState::kNotRunning;
  json["ready"] = report.state == ProcessState::kReady;
  if (report.state != ProcessState::kNotRunning) {
    json["pid"] = report.pid;
    json["started_ms"] = WholeSeconds(report.started_ms);
    if (!report.address.empty()) json["address"] = report.address;
    if (report.lag_records) json["lag_records"] = *report.lag_records;
  }
  json["reasons"] = report.reasons;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

int ReportsCode(const std::vector<ProcessReport>& reports) {
  auto any = [&](ProcessState state) {
    return std::any_of(reports.begin(), reports.end(),
                       [&](const ProcessReport& report) { return report.state == state; });
  };
  if (any(ProcessState::kNotRunning)) return kNotRunningCode;
  return any(ProcessState::kNotReady) ? 1 : 0;
}

}  // namespace odometer::cli
