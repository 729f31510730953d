// Dead letters as text for people and programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/dead_letters/dead_letter_log.h"
#include "common/base/status.h"

namespace odometer::cli {

inline constexpr size_t kRowValueBytes = 60;
inline constexpr size_t kJsonValueBytes = 1'000;

// Printable ASCII as it is; \\, \n, \r, \t, and \xHH for all other bytes, so that nothing can steer a terminal.
std::string Escaped(std::string_view bytes);

// The heads of the columns of LetterRow.
std::string LetterHeading();
// One line without its end: where it is, when it was written, why, where its record was, and how the value begins.
std::string LetterRow(const Letter& letter);
// The same as a JSON object on one line, with the first kJsonValueBytes of the value; bytes that are not UTF-8 become
// U+FFFD.
std::string LetterJson(const Letter& letter);

// A duration before now ("1h"), an ISO-8601 time or epoch ms. Epoch ms; else kInvalid.
Result<int64_t> ParseSince(std::string_view text, int64_t now_ms);

}  // namespace odometer::cli
