// A JSON array's text as the texts of its items, without reading the items: one that is broken spoils only itself.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace odometer {

// `json` begins with '['. Each item is what stands between two commas of the array, white space around it removed, and
// may still be anything. Nothing when the array itself is broken: not closed, an item without text, something behind it.
std::optional<std::vector<std::string_view>> SplitJsonArray(std::string_view json);

// Without JSON's white space at both ends.
std::string_view TrimJson(std::string_view json);

}  // namespace odometer
