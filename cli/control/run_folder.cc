#include "cli/control/run_folder.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "common/base/atomic_file.h"
#include "common/base/text_file.h"

namespace odometer::cli {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLargeLogBytes = 10 << 20;
constexpr uint64_t kTailBytes = 64 << 10;

}  // namespace

Status RunFolder::Create() const {
  std::error_code error;
  fs::create_directories(path_, error);
  if (!error && !fs::is_directory(path_, error) && !error) error = std::make_error_code(std::errc::not_a_directory);
  if (!error) return Status::Ok();
  return Status::Invalid("the folder " + path_ + " cannot be made: " + error.message() +
                         "; set run.dir or state.dir to one that can");
}

Result<RecordedProcess> RunFolder::Find(const std::string& name) const {
  const Result<std::string> text = ReadTextFile(PathOf(name, "pid"));
  if (text.status().Is(ErrorKind::kNotFound)) return RecordedProcess{};
  if (!text.ok()) return text.status();
  const std::optional<ProcessId> recorded = ParseProcessId(*text);
  RecordedProcess found;
  if (recorded && processes_->Lives(*recorded)) {
    found.running = recorded;
  } else {
    found.ended = true;
    found.ended_pid = recorded ? recorded->pid : 0;
  }
  return found;
}

bool RunFolder::HasPidFile(const std::string& name) const {
  std::error_code error;
  return fs::exists(PathOf(name, "pid"), error);
}

Status RunFolder::Record(const std::string& name, const ProcessId& id) const {
  return ReplaceFile(PathOf(name, "pid"), ProcessIdText(id));
}

void RunFolder::Forget(const std::string& name) const {
  std::error_code error;  // what stays names a process that has ended, and does no harm
  fs::remove(PathOf(name, "pid"), error);
}

Result<std::optional<FileLock>> RunFolder::TryLock(const std::string& name) const {
  return FileLock::Try(PathOf(name, "lock"));
}

uint64_t RunFolder::LogSize(const std::string& name) const {
  std::error_code error;
  const uint64_t size = fs::file_size(LogPath(name), error);
  return error ? 0 : size;
}

void RunFolder::RotateLog(const std::string& name) const {
  std::error_code error;  // a log that cannot be moved goes on to grow
  if (LogSize(name) > kLargeLogBytes) fs::rename(LogPath(name), LogPath(name) + ".1", error);
}

std::string RunFolder::LogTail(const std::string& name, uint64_t from, size_t lines) const {
  const uint64_t size = LogSize(name);
  const uint64_t begin = std::max(from, size - std::min(size, kTailBytes));
  Result<std::string> read = ReadTextFile(LogPath(name), begin);
  std::string text = read.ok() ? std::move(*read) : std::string();
  if (!text.empty() && text.back() != '\n') text += '\n';
  size_t at = text.size();
  for (size_t line = 0; line < lines && at > 0; ++line) {
    const size_t end = at < 2 ? std::string::npos : text.rfind('\n', at - 2);
    at = end == std::string::npos ? 0 : end + 1;
  }
  return text.substr(at);
}

}  // namespace odometer::cli
