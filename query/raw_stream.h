// A list of raw events that is too large to be held, page by page: a worker reads the next page while the client takes the
// last one, each from a view of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/http/message.h"
#include "common/state/state_reader.h"
#include "query/worker_pool.h"

namespace odometer {

// What reads of further pages need. All must outlive the workers' last job.
struct PageSource {
  StateReader* state = nullptr;
  WorkerPool* workers = nullptr;
  const Clock* clock = nullptr;
  int page_timeout_ms = 20'000;
};

// Appends the rows' bodies, ", " between them, and before the first one unless it opens the list.
void AppendRows(const EventsPage& page, std::string* json);

// Thread-safe. What it shows is what there was when the list was begun: query.before_offsets bounds it, and the log never
// puts anything before them later. What is lost meanwhile (a partition that goes to another instance, events that expire)
// cuts the answer off, which the client sees.
class RawStream : public std::enable_shared_from_this<RawStream> {
 public:
  // `begun`: the list's text as far as it is read; `rest`: what reads the rest, with after and before_offsets.
  RawStream(const PageSource& source, EventsQuery rest, int64_t retained_from_ms, std::string begun);

  // Makes it the response's stream.
  void Become(http::Response* response);

 private:
  // As http::Response::stream.
  bool Next(std::string* chunk);
  void StartFetch();
  void Fetch();
  Status ReadPage(EventsPage* page);

  const PageSource source_;
  const std::string org_;
  const int64_t retained_from_ms_;
  const std::shared_ptr<http::StreamWaker> waker_ = std::make_shared<http::StreamWaker>();
  EventsQuery rest_;  // of the job that fetches; there is one at a time

  Mutex mutex_;
  std::string ready_ ODOMETER_GUARDED_BY(mutex_);
  bool complete_ ODOMETER_GUARDED_BY(mutex_) = false;  // after `ready_` nothing follows
  bool fetching_ ODOMETER_GUARDED_BY(mutex_) = false;
  Status failure_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer
