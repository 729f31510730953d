#include "cli/control/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

namespace odometer::cli {

Result<std::optional<FileLock>> FileLock::Try(const std::string& path) {
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.valid()) return Status::Stop(path + " cannot be written: " + std::strerror(errno));
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) return std::optional<FileLock>(FileLock(std::move(file)));
  if (errno == EWOULDBLOCK || errno == EINTR) return std::optional<FileLock>();
  return Status::Stop(path + " cannot be locked: " + std::strerror(errno));
}

}  // namespace odometer::cli
