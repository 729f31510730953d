// Reads a compacted topic to its end, as far as it is committed.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace bench {

// By partition: the latest committed value of each key. Deleted keys are left out.
using Table = std::vector<std::unordered_map<std::string, std::string>>;

// Ends the program with a message on any error.
Table ReadTable(const std::string& bootstrap, const std::string& topic);

// Ends the program with exit code 2.
[[noreturn]] void Fail(const std::string& what);

}  // namespace bench
