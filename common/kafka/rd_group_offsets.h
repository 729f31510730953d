// The offsets that a consumer's group has committed.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "common/kafka/rd_common.h"

namespace odometer::rd {

// Nothing when there is none. Waits for transactions that are still open, at most timeout_ms.
Result<std::optional<int64_t>> CommittedOffset(rd_kafka_t* client, const TopicPartition& tp, int timeout_ms);

// Without a transaction. kRetry: not known within timeout_ms, or refused for now; kRecover: this member has been given up.
Status CommitOffsets(rd_kafka_t* client, std::span<const std::pair<TopicPartition, int64_t>> offsets, int timeout_ms);

}  // namespace odometer::rd
