#include "common/base/file_descriptor.h"

#include <unistd.h>

namespace odometer {

void FileDescriptor::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

}  // namespace odometer
