// A small file that is replaced as a whole: whoever reads it finds the old text or the new one, also after a crash.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"

namespace odometer {

// Durable once it has returned. One writer at a time. kStop, saying why, when it cannot be written: the old text stays.
Status ReplaceFile(const std::string& path, std::string_view text);

}  // namespace odometer
