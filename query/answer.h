// How reads answer, and the headers that say what part of the log it reflects.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/http/message.h"
#include "common/state/state_reader.h"

namespace odometer {

// Answers from that view. Blocks for a few of its reads; runs on a worker. Thread-safe.
using ReadFunction = std::function<http::Response(const http::Request& request, StateView* view)>;

// The reader's error as an answer: kInvalid 400 (of `field`), kRetry 503 with Retry-After, others 500, which are logged
// and not told: they speak of our files.
http::Response ErrorResponse(const Status& error, const std::string& field = "");
// 503 with Retry-After.
http::Response BusyResponse(const std::string& message);

// The age of the oldest of the covered tasks: for one that is at the end of its input partition the time since the
// processor looked there, else the time since its last commit. Nothing when no task is covered.
std::optional<int64_t> AgeMs(const StatePosition& position, int64_t now_wall_ms);

// X-Odometer-Age-Ms, X-Odometer-Partitions, X-Odometer-Offsets.
void AddPositionHeaders(const StatePosition& position, const std::string& topic, int64_t now_wall_ms,
                        http::Response* response);

// 503: the answer would lack these partitions.
http::Response IncompleteResponse(const std::vector<std::string>& partitions);
// Whether the position covers every partition of the topic, and of all sources of the rules.
bool IsComplete(const StatePosition& position);
// The partitions that it lacks: "1", "shop.orders/0".
std::vector<std::string> MissingPartitions(const StatePosition& position);

}  // namespace odometer
