// Structured logging: one line per event, "key=value" pairs in the message. No secrets, ever.
//
//   LogInfo("processor", "task restored partition={} records={} ms={}", partition, records, ms);
//
// Thread-safe. The level is set once at start, with SetLogLevel.
#pragma once

#include <spdlog/spdlog.h>

#include <string>
#include <string_view>
#include <utility>

#include "common/base/status.h"

namespace odometer {

// `level`: trace, debug, info, warn, error or off. Logs go to standard error.
Status SetLogLevel(const std::string& level);

template <typename... Args>
void Log(spdlog::level::level_enum level, std::string_view component, spdlog::format_string_t<Args...> format,
         Args&&... args) {
  if (!spdlog::should_log(level)) return;
  spdlog::log(level, "[{}] {}", component, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void LogDebug(std::string_view component, spdlog::format_string_t<Args...> format, Args&&... args) {
  Log(spdlog::level::debug, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogInfo(std::string_view component, spdlog::format_string_t<Args...> format, Args&&... args) {
  Log(spdlog::level::info, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogWarn(std::string_view component, spdlog::format_string_t<Args...> format, Args&&... args) {
  Log(spdlog::level::warn, component, format, std::forward<Args>(args)...);
}
template <typename... Args>
void LogError(std::string_view component, spdlog::format_string_t<Args...> format, Args&&... args) {
  Log(spdlog::level::err, component, format, std::forward<Args>(args)...);
}

}  // namespace odometer
