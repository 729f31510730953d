// The typed records of the dialect of metrics-ingestion-service: GET /data/metrics and /data/metrics/<level>.<name>.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "common/base/status.h"
#include "common/http/message.h"
#include "common/state/state_reader.h"

namespace odometer {

inline constexpr size_t kRecordsPerPage = 500;  // asked for at a time
inline constexpr size_t kMaxListBytes = 32 << 20;

// A JSON array of all records, or of those with the parameters `name` and `level`. 400 when it would be longer than
// max_bytes.
http::Response ReadRecords(const http::Request& request, StateView* view, size_t page_size = kRecordsPerPage,
                           size_t max_bytes = kMaxListBytes);
// The record of the route's parameter; where several types (or splits into level and name) exist, the one updated last.
// 404 when there is none.
http::Response ReadRecord(const http::Request& request, StateView* view, size_t page_size = kRecordsPerPage);
// The same record as JSON; nothing when there is none.
Result<std::optional<std::string>> ReadRecordJson(const std::string& org, const std::string& qualified_name,
                                                  StateView* view, size_t page_size = kRecordsPerPage);

}  // namespace odometer
