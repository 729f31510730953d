// A lock that several processes can see: a lock of a file, which the kernel gives back when its holder ends.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "common/base/file_descriptor.h"
#include "common/base/status.h"

namespace odometer::cli {

// Held until the object goes. Processes that the holder starts do not hold it.
class FileLock {
 public:
  // Creates the file, which stays. None while another holds the lock. kStop: the file cannot be written.
  static Result<std::optional<FileLock>> Try(const std::string& path);

 private:
  explicit FileLock(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
};

}  // namespace odometer::cli
