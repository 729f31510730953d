#include "common/kafka/types.h"

namespace odometer {

std::string ToString(const TopicPartition& tp) { return tp.topic + "/" + std::to_string(tp.partition); }

}  // namespace odometer
