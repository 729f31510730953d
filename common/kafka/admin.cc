#include "common/kafka/admin.h"

#include "common/base/parse_integer.h"

namespace odometer {

std::optional<int64_t> TopicInfo::Number(const std::string& setting) const {
  auto found = config.find(setting);
  return found == config.end() ? std::nullopt : ParseInteger<int64_t>(found->second);
}

int64_t TopicInfo::MaxMessageBytes() const { return Number("max.message.bytes").value_or(1'048'588); }

}  // namespace odometer
