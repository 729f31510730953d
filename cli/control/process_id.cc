#include "cli/control/process_id.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "common/base/parse_integer.h"

namespace odometer::cli {
namespace {

// proc(5) counts from 1; the text after the name begins with field 3.
constexpr size_t kStateField = 0;
constexpr size_t kStartTimeField = 22 - 3;

std::vector<std::string_view> Fields(std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return fields;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    fields.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace

std::string ProcessIdText(const ProcessId& id) { return fmt::format("{} {} {}\n", id.pid, id.start_ticks, id.boot); }

std::optional<ProcessId> ParseProcessId(std::string_view text) {
  // Without its end the line may have been cut in a number.
  if (!text.ends_with('\n')) return std::nullopt;
  const std::vector<std::string_view> fields = Fields(text);
  if (fields.size() != 3) return std::nullopt;
  const std::optional<pid_t> pid = odometer::ParseInteger<pid_t>(fields[0]);
  const std::optional<uint64_t> start_ticks = odometer::ParseInteger<uint64_t>(fields[1]);
  // Other numbers stand for groups of processes where signals are sent.
  if (!pid || *pid <= 0 || !start_ticks) return std::nullopt;
  return ProcessId{*pid, *start_ticks, std::string(fields[2])};
}

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  const size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> fields = Fields(text.substr(name_end + 1));
  if (fields.size() <= kStartTimeField) return std::nullopt;
  const std::optional<uint64_t> start_ticks = odometer::ParseInteger<uint64_t>(fields[kStartTimeField]);
  if (!start_ticks) return std::nullopt;
  return ProcessStat{*start_ticks, fields[kStateField] == "Z" || fields[kStateField] == "X"};
}

}  // namespace odometer::cli
