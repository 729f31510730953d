// The header Idempotency-Key: the client's name for a request, under which it may send it again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "ingest/counters.h"

namespace odometer {

inline constexpr std::string_view kIdempotencyKeyHeader = "Idempotency-Key";

// Views point into the request.
struct IdempotencyKey {
  std::string_view key;    // empty: there is none
  std::string_view error;  // not empty: what is wrong with it
};
// At most 500 bytes of UTF-8, so that an item's id, the key with the item's index behind it, is one for the decoder.
IdempotencyKey ReadIdempotencyKey(const http::Request& request);
// The answer to a request whose key is wrong; counts it.
http::Response RefuseKey(const IdempotencyKey& key, const IngestCounters& counters);
// The id of a batch's item: "<key>/<index>".
std::string ItemId(std::string_view key, size_t index);

}  // namespace odometer
