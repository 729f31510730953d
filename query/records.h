// The typed records of the dialect of metrics-ingestion-service: GET /data/metrics and /data/metrics/<level>.<name>.
#pragma once

#include "common/state/state_reader.h"
#include "query/answer.h"

namespace odometer {

// Thread-safe.
class Records {
 public:
  // The reader must outlive it. `page_size`: series asked for at a time.
  explicit Records(StateReader* state, size_t page_size = 500) : state_(state), page_size_(page_size) {}

  // A JSON array of all records; streamed where it is longer than a page. A failure amid the stream leaves the array
  // unclosed, so that no reader takes it for the whole.
  Answer ReadAll(const http::Request& request) const;
  // The record of the route's parameter; where several types (or splits into level and name) exist, the one updated
  // last. 404 when there is none.
  Answer ReadOne(const http::Request& request) const;

 private:
  StateReader* const state_;
  const size_t page_size_;
};

}  // namespace odometer
