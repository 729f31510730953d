#include "query/raw_stream.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace odometer {

void AppendRows(const EventsPage& page, std::string* json) {
  json->reserve(json->size() + page.bodies.size() + 2 * page.rows.size() + 2);
  std::string_view bodies = page.bodies;
  bool first = *json == "[";
  for (const EventsPage::Row& row : page.rows) {
    if (!first) json->append(", ");
    first = false;
    json->append(bodies.substr(0, row.body_bytes));
    bodies.remove_prefix(row.body_bytes);
  }
}

RawStream::RawStream(const PageSource& source, EventsQuery rest, int64_t retained_from_ms, std::string begun)
    : source_(source),
      org_(rest.org),
      retained_from_ms_(retained_from_ms),
      rest_(std::move(rest)),
      ready_(std::move(begun)) {}

void RawStream::Become(http::Response* response) {
  response->stream = [self = shared_from_this()](std::string* chunk) { return self->Next(chunk); };
  response->stream_waker = waker_;
}

bool RawStream::Next(std::string* chunk) {
  bool fetch = false;
  {
    MutexLock lock(mutex_);
    if (ready_.empty() && !failure_.ok()) throw std::runtime_error("a list of raw events: " + failure_.message());
    *chunk = std::exchange(ready_, {});
    if (complete_) return false;
    fetch = !fetching_ && failure_.ok();
    fetching_ = fetching_ || fetch;
  }
  if (fetch) StartFetch();
  return true;
}

void RawStream::StartFetch() {
  if (source_.workers->Submit(org_, [self = shared_from_this()] { self->Fetch(); })) return;
  {
    MutexLock lock(mutex_);
    fetching_ = false;
    failure_ = Status::Retry("too many queries are under way");
  }
  waker_->Wake();
}

void RawStream::Fetch() {
  EventsPage page;
  Status read = ReadPage(&page);
  if (read.Is(ErrorKind::kRetry)) read = ReadPage(&page);  // a view is lost with the processor that gave it
  std::string text;
  if (read.ok()) {
    AppendRows(page, &text);
    if (!page.rows.empty()) rest_.after = page.rows.back().place;
    if (!page.more) text += ']';
  }
  {
    MutexLock lock(mutex_);
    fetching_ = false;
    failure_ = std::move(read);
    ready_ += text;
    complete_ = failure_.ok() && !page.more;
  }
  waker_->Wake();
}

Status RawStream::ReadPage(EventsPage* page) {
  const Deadline deadline(source_.clock, source_.clock->SteadyMs() + source_.page_timeout_ms);
  Result<std::unique_ptr<StateView>> view = source_.state->View(deadline);
  if (!view.ok()) return view.status();
  const std::vector<TaskPosition>& tasks = (*view)->position().tasks;
  for (const auto& [partition, before] : *rest_.before_offsets) {
    const int32_t wanted = partition;
    if (std::none_of(tasks.begin(), tasks.end(), [&](const auto& task) { return task.partition == wanted; })) {
      return Status::Retry("partition " + std::to_string(partition) + " is no longer covered");
    }
  }
  Result<EventsPage> read = (*view)->ReadEvents(rest_);
  if (!read.ok()) return read.status();
  const bool expired = read->retained_from_ms > retained_from_ms_ && rest_.after->ts_ms < read->retained_from_ms;
  if (expired) return Status::NotFound("events have expired while they were read");
  *page = std::move(*read);
  return Status::Ok();
}

}  // namespace odometer
