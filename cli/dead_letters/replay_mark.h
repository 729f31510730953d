// The record that says which dead letters were replayed. It stands in their partition of the dead-letter topic, after
// them, so that retention never deletes it before them, and is written in the transaction that replays them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace odometer::cli {

// Its only header; the record has neither key nor value.
inline constexpr std::string_view kReplayedHeader = "odometer-replayed";

// First and last offset, both included.
using OffsetSpan = std::pair<int64_t, int64_t>;

// "17,19-25" of ascending offsets: the header's value.
std::string EncodeReplayed(const std::vector<int64_t>& offsets);
// Nothing when the text is no such list.
std::optional<std::vector<OffsetSpan>> DecodeReplayed(std::string_view text);

}  // namespace odometer::cli
