// JSON as text.
#pragma once

#include <string>
#include <string_view>

namespace odometer {

inline constexpr std::string_view kJsonWhiteSpace = " \t\n\r";

// Appends the text in quotes, with what JSON does not allow in a string escaped. Bytes that are not UTF-8 stay as
// they are: whoever reads the JSON refuses them.
void AppendJsonText(std::string_view text, std::string* out);

}  // namespace odometer
