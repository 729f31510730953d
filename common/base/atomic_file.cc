#include "common/base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/base/file_descriptor.h"

namespace odometer {
namespace {

Status CannotWrite(const std::string& path) {
  return Status::Stop(path + " cannot be written: " + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
}

Status WriteAll(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return CannotWrite(path);
    text.remove_prefix(static_cast<size_t>(count));
  }
  return fsync(file) == 0 ? Status::Ok() : CannotWrite(path);
}

}  // namespace

Status ReplaceFile(const std::string& path, std::string_view text) {
  const std::string next = path + ".new";
  {
    const FileDescriptor file(open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.valid()) return CannotWrite(next);
    ODOMETER_RETURN_IF_ERROR(WriteAll(file.get(), text, next));
  }
  if (rename(next.c_str(), path.c_str()) != 0) return CannotWrite(path);
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const FileDescriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.valid() && fsync(opened.get()) == 0 ? Status::Ok() : CannotWrite(path);
}

}  // namespace odometer
