#include "common/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace odometer {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: break;
  }
  return spdlog::level::err;
}

}  // namespace

Status SetLogLevel(const std::string& level) {
  static const bool to_stderr = [] {
    spdlog::set_default_logger(spdlog::stderr_logger_mt("odometer"));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    return true;
  }();
  (void)to_stderr;
  spdlog::level::level_enum parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return Status::Invalid("unknown log level '" + level + "': use trace, debug, info, warn, error or off");
  }
  spdlog::set_level(parsed);
  return Status::Ok();
}

bool LogsLevel(LogLevel level) { return spdlog::should_log(ToSpdlog(level)); }

void WriteLog(LogLevel level, std::string_view component, fmt::string_view format, fmt::format_args args) {
  spdlog::log(ToSpdlog(level), "[{}] {}", component, fmt::vformat(format, args));
}

}  // namespace odometer
