// What somebody may have meant by a word that is not known.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace odometer {

// How many characters must be inserted, deleted or replaced to get from one to the other.
size_t EditDistance(std::string_view a, std::string_view b);

// The first of the words with the smallest distance; empty when there are none. A word that was not written to its end
// is as near as one with a single mistake. Of a word without end only the beginning is compared.
template <typename Words>
std::string NearestWord(std::string_view word, const Words& words) {
  std::string_view nearest;
  size_t smallest = std::numeric_limits<size_t>::max();
  for (const auto& candidate : words) {
    const std::string_view known = candidate;
    const bool begun = word.size() >= 3 && word.size() < known.size() && known.starts_with(word);
    const size_t distance = begun ? 1 : EditDistance(word.substr(0, 128), known);
    if (distance >= smallest) continue;
    smallest = distance;
    nearest = known;
  }
  return std::string(nearest);
}

// The same of a map's keys. (clang 14 cannot compile std::views::keys.)
template <typename Map>
std::string NearestKey(std::string_view word, const Map& map) {
  std::vector<std::string_view> keys;
  for (const auto& entry : map) keys.push_back(entry.first);
  return NearestWord(word, keys);
}

}  // namespace odometer
