// Structured logging: one line per event, "key=value" pairs in the message. No secrets, ever.
//
//   LogInfo("processor", "task restored partition={} records={} ms={}", partition, records, ms);
//
// Thread-safe. The level is set once at start, with SetLogLevel.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

#include "common/base/status.h"

namespace odometer {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// `level`: trace, debug, info, warn, error or off. Logs go to standard error.
Status SetLogLevel(const std::string& level);
bool LogsLevel(LogLevel level);
void WriteLog(LogLevel level, std::string_view component, fmt::string_view format, fmt::format_args args);

template <typename... Args>
void Log(LogLevel level, std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  if (LogsLevel(level)) WriteLog(level, component, format, fmt::make_format_args(args...));
}

template <typename... Args>
void LogDebug(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kDebug, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogInfo(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kInfo, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogWarn(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kWarning, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogError(std::string_view component, fmt::format_string<Args...> format, Args&&... args) {
  Log(LogLevel::kError, component, format, std::forward<Args>(args)...);
}

}  // namespace odometer
