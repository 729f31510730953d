// Reading and writing the values of options. Every Parse function: kInvalid says what was expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/model/tier.h"

namespace odometer::cli {

Result<int64_t> ParseInteger(std::string_view text);
// true, yes, on; false, no, off; in any letter case.
Result<bool> ParseBool(std::string_view text);
// "65536", "64KiB", "64MiB", "1GiB"; also kB, MB, GB by thousands. Bytes.
Result<uint64_t> ParseSize(std::string_view text);
// "1s:1h, 1m:7d, 1h:forever": size:retention, separated by commas. Not validated as a set.
Result<std::vector<Tier>> ParseTiers(std::string_view text);

// host:port or [v6]:port; port 0 means any free one.
Status CheckAddress(std::string_view text);
// Whether only this machine can reach the address. Requires one that CheckAddress accepts.
bool IsLoopback(std::string_view address);

}  // namespace odometer::cli
