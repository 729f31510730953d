// The Metrics API's GET /v1/metrics: raw events as they were posted.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/http/message.h"
#include "common/state/state_reader.h"
#include "query/raw_stream.h"

namespace odometer {

// Thread-safe.
class RawEvents {
 public:
  RawEvents(std::string topic, const PageSource& source) : topic_(std::move(topic)), source_(source) {}

  // A list of at most about kMaxEventsPageBytes is answered whole, with an entity tag of its content; a larger one is
  // streamed, with one of what determines it.
  http::Response Read(const http::Request& request, StateView* view) const;

 private:
  http::Response Stream(const http::Request& request, const EventsQuery& query, const EventsPage& first,
                        StateView* view) const;

  const std::string topic_;
  const PageSource source_;
};

}  // namespace odometer
