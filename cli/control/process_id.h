// Which process is meant, and how a pid file says it: `PID START BOOT`, one line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace odometer::cli {

// A pid alone may have been given to another process since.
struct ProcessId {
  pid_t pid = 0;
  uint64_t start_ticks = 0;  // since boot, in the kernel's ticks: field 22 of /proc/<pid>/stat, see proc(5)
  std::string boot;          // /proc/sys/kernel/random/boot_id: ticks of different boots cannot be compared

  bool operator==(const ProcessId&) const = default;
};

// With the line's end. No field is empty.
std::string ProcessIdText(const ProcessId& id);
std::optional<ProcessId> ParseProcessId(std::string_view text);

struct ProcessStat {
  uint64_t start_ticks = 0;
  bool ended = false;  // a zombie: only its parent has not taken note yet
};

// Reads the text of /proc/<pid>/stat. The process's name in it may hold blanks and parentheses.
std::optional<ProcessStat> ParseProcessStat(std::string_view text);

}  // namespace odometer::cli
