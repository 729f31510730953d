// JSON allows whole numbers of any size; the parser stops at 64 bits.
#pragma once

#include <string>
#include <string_view>

namespace odometer {

// The same JSON with ".0" behind every whole number outside [-2^63, 2^64), so that it reads as a double. Text that is
// not JSON stays text that is not JSON. For the rare record that needs it: it copies.
std::string MarkBigIntegers(std::string_view json);

}  // namespace odometer
