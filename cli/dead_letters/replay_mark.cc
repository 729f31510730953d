#include "cli/dead_letters/replay_mark.h"

#include <algorithm>

#include "common/base/parse_integer.h"

namespace odometer::cli {

std::string EncodeReplayed(const std::vector<int64_t>& offsets) {
  std::string text;
  for (size_t i = 0; i < offsets.size();) {
    size_t end = i + 1;
    while (end < offsets.size() && offsets[end] == offsets[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(offsets[i]);
    if (end > i + 1) text += '-' + std::to_string(offsets[end - 1]);
    i = end;
  }
  return text;
}

std::optional<std::vector<OffsetSpan>> DecodeReplayed(std::string_view text) {
  std::vector<OffsetSpan> spans;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t comma = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, comma - begin);
    const size_t dash = part.find('-');
    const std::optional<int64_t> first = ParseInteger<int64_t>(part.substr(0, dash));
    const std::optional<int64_t> last =
        dash == std::string_view::npos ? first : ParseInteger<int64_t>(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first) return std::nullopt;
    spans.emplace_back(*first, *last);
    begin = comma + 1;
  }
  return spans;
}

}  // namespace odometer::cli
