// What a read answers, and the headers that say what part of the log it reflects.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/http/message.h"
#include "common/state/state_reader.h"

namespace odometer {

struct Answer {
  http::Response response;
  std::optional<StatePosition> position;  // nothing when the answer says nothing about the state
};
// Blocks for a few calls of the state reader; runs on a worker. Thread-safe.
using ReadFunction = std::function<Answer(const http::Request& request)>;

// The reader's error as an answer: kInvalid 400 (of `field`), kRetry 503 with Retry-After, others 500.
http::Response ErrorResponse(const Status& error, const std::string& field = "");
// 503 with Retry-After.
http::Response BusyResponse(const std::string& message);

// How long ago the oldest of the covered tasks was known to be at the end of its input partition: 0 for one that is
// there, else the time since its last commit. A reader that does not know the end, as while the processor is away,
// makes an age that grows.
int64_t AgeMs(const StatePosition& position, int64_t now_wall_ms);

// X-Odometer-Age-Ms, X-Odometer-Partitions, X-Odometer-Offsets.
void AddPositionHeaders(const StatePosition& position, const std::string& topic, int64_t now_wall_ms,
                        http::Response* response);

// Whether the position covers every partition of the topic.
bool IsComplete(const StatePosition& position);
// The partitions that it lacks, as text: "1, 3".
std::string MissingPartitions(const StatePosition& position);

}  // namespace odometer
