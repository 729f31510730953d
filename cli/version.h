// What this binary is.
#pragma once

#include <string>

namespace odometer::cli {

// "odometer 0.1.0 (g++ 12.2.0)".
std::string VersionText();

}  // namespace odometer::cli
