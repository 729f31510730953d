#include "common/kafka/admin.h"

#include <charconv>

namespace odometer {

int64_t TopicInfo::MaxMessageBytes() const {
  int64_t bytes = 1'048'588;
  if (auto it = config.find("max.message.bytes"); it != config.end()) {
    std::from_chars(it->second.data(), it->second.data() + it->second.size(), bytes);
  }
  return bytes;
}

}  // namespace odometer
