// The content of a file, those of /proc too, whose size is not known before.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/status.h"

namespace odometer {

// What follows the first `from` bytes. kNotFound: there is no such file; kStop: it cannot be read.
Result<std::string> ReadTextFile(const std::string& path, uint64_t from = 0);

}  // namespace odometer
