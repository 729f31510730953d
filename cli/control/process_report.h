// What is to be told of a process, for people and for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/control/process_id.h"

namespace odometer::cli {

enum class ProcessState { kReady, kNotReady, kNotRunning };

struct ProcessReport {
  std::string name;
  ProcessState state = ProcessState::kNotRunning;
  // While it runs:
  pid_t pid = 0;
  int64_t started_ms = 0;  // since 1970
  int64_t age_ms = 0;
  std::string address;                // empty: it does not listen
  std::optional<int64_t> lag_records;
  // Why it is not ready; while it does not run: what is known of that, if anything.
  std::vector<std::string> reasons;
};

// "processor  ready since 2026-01-02T03:04:05Z (2 h 5 min), pid 71, http://127.0.0.1:8001, 0 records behind"
std::string ReportLine(const ProcessReport& report);
// One JSON object, on one line.
std::string ReportJson(const ProcessReport& report);

// 0: all are ready; kNotRunningCode: one does not run; else 1: one is not ready.
int ReportsCode(const std::vector<ProcessReport>& reports);
inline constexpr int kNotRunningCode = 3;  // as the LSB's init scripts have it

}  // namespace odometer::cli
