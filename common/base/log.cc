#include "common/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>

namespace odometer {

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

}  // namespace odometer
