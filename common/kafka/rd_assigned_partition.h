// A partition that the group has given to this consumer.
#pragma once

#include <cstdint>

#include "common/kafka/types.h"

namespace odometer::rd {

// A partition's life: assigned (kIdle) -> Start -> kSeeking until librdkafka has accepted the position -> kRunning.
struct AssignedPartition {
  enum class State { kIdle, kSeeking, kRunning };
  TopicPartition tp;
  State state = State::kIdle;
  int64_t next = 0;          // nothing before it may be delivered
  uint64_t sought_in_batch = 0;  // what is left of that batch is from the position before
  int64_t seeking_since_ms = 0;
  int64_t bad_at = -1;  // where the batch began that could not be read
  int bad_fetches = 0;  // how often
};

}  // namespace odometer::rd
