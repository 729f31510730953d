#include "cli/version.h"

namespace odometer::cli {

std::string VersionText() {
#if defined(__clang__)
  return "odometer " ODOMETER_VERSION " (clang " __clang_version__ ")";
#else
  return "odometer " ODOMETER_VERSION " (g++ " __VERSION__ ")";
#endif
}

}  // namespace odometer::cli
