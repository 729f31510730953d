// ETag.
#pragma once

#include <string>
#include <string_view>

namespace odometer {

// A strong entity tag, quotes included, of 128 bits of these bytes. Collisions are not to be expected by chance.
std::string EntityTag(std::string_view bytes);

}  // namespace odometer
