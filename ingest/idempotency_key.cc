#include "ingest/idempotency_key.h"

#include <optional>
#include <string>

#include "common/model/event_decoder.h"
#include "common/model/utf8.h"

namespace odometer {

namespace {
constexpr size_t kMaxKeyBytes = 500;
static_assert(kMaxKeyBytes + std::string_view("/9999").size() <= kMaxNameBytes);
}  // namespace

IdempotencyKey ReadIdempotencyKey(const http::Request& request) {
  const std::optional<std::string_view> key = request.Header("idempotency-key");
  if (!key) return {};
  if (key->empty() || key->size() > kMaxKeyBytes || !IsValidUtf8(*key)) {
    return {{}, "Idempotency-Key must be UTF-8 of 1 to 500 bytes"};
  }
  return {*key, {}};
}

http::Response RefuseKey(const IdempotencyKey& key, const IngestCounters& counters) {
  counters.Rejected(RejectReason::kBadId);
  return http::Response::Error(400, RejectReasonName(RejectReason::kBadId), key.error, kIdempotencyKeyHeader);
}

std::string ItemId(std::string_view key, size_t index) { return std::string(key) + "/" + std::to_string(index); }

}  // namespace odometer
