#include "common/base/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/file_descriptor.h"

namespace odometer {

Result<std::string> ReadTextFile(const std::string& path, uint64_t from) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() && (errno == ENOENT || errno == ENOTDIR)) return Status::NotFound("there is no " + path);
  if (!file.valid()) return Status::Stop(path + " cannot be read: " + std::strerror(errno));
  if (from > 0 && lseek(file.get(), static_cast<off_t>(from), SEEK_SET) < 0) {
    return Status::Stop(path + " cannot be read: " + std::strerror(errno));
  }
  std::string text;
  std::array<char, 16 << 10> buffer;
  while (true) {
    const ssize_t count = read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    // Of /proc: the process has ended meanwhile.
    if (count < 0) return Status::Stop(path + " cannot be read: " + std::strerror(errno));
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(count));
  }
}

}  // namespace odometer
