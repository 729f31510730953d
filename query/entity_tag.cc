#include "query/entity_tag.h"

#include <fmt/core.h>
#include <xxhash.h>

namespace odometer {

std::string EntityTag(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
}

}  // namespace odometer
