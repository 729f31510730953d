#include "query/raw_events.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/http/none_match.h"
#include "query/answer.h"
#include "query/entity_tag.h"
#include "query/raw_parameters.h"

namespace odometer {
namespace {

// Rows of one page, whose places take memory too. A page of small events has fewer than that many.
constexpr uint64_t kPageRows = 20'000;
// Part of the entity tag of a streamed list: to be raised when the same events would be written otherwise.
constexpr uint8_t kListFormat = 1;

// Everything on which the list depends: the same bytes, the same list. Which events there are is decided by the log, so it
// follows from how much of each partition is counted, and from what has expired.
std::string WhatDeterminesIt(const std::string& topic, const EventsQuery& query, const StatePosition& position,
                             int64_t retained_from_ms) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.U8(kListFormat);
  out.Blob(topic);
  out.Blob(query.org);
  out.U8(query.name ? 1 : 0);
  out.Blob(query.name.value_or(""));
  out.SignedVarint(query.from_ms);
  out.SignedVarint(query.to_ms);
  out.Blob(query.after ? PlaceText(*query.after) : "");
  out.SignedVarint(retained_from_ms);
  for (const TaskPosition& task : position.tasks) {
    out.SignedVarint(task.partition);
    out.SignedVarint(task.next_input_offset);
  }
  return bytes;
}

http::Response NotModified() {
  http::Response response;
  response.status = 304;
  response.content_type.clear();
  return response;
}

}  // namespace

http::Response RawEvents::Read(const http::Request& request, StateView* view) const {
  RawQuery query;
  if (auto bad = ParseRawQuery(request, &query)) return BadParameterResponse(*bad);
  query.events.org = request.org;
  query.events.limit = std::min(query.limit.value_or(kPageRows), kPageRows);
  Result<EventsPage> page = view->ReadEvents(query.events);
  if (!page.ok()) return ErrorResponse(page.status());

  http::Response response;
  if (page->more && !query.limit) {
    response = Stream(request, query.events, *page, view);
  } else {
    std::string body = "[";
    AppendRows(*page, &body);
    body += ']';
    const std::string tag = EntityTag(body);
    response = http::NoneMatchNames(request, tag) ? NotModified() : http::Response::Json(200, std::move(body));
    response.With("ETag", tag);
    if (page->more) response.With("X-Odometer-Next-After", PlaceText(page->rows.back().place));
  }
  if (page->retained_from_ms > query.events.from_ms) {
    response.With("X-Odometer-Retained-From-Ms", std::to_string(page->retained_from_ms));
  }
  return response;
}

http::Response RawEvents::Stream(const http::Request& request, const EventsQuery& query, const EventsPage& first,
                                 StateView* view) const {
  const StatePosition& position = view->position();
  const std::string tag = EntityTag(WhatDeterminesIt(topic_, query, position, first.retained_from_ms));
  if (http::NoneMatchNames(request, tag)) return NotModified().With("ETag", tag);
  EventsQuery rest = query;
  rest.after = first.rows.back().place;
  rest.before_offsets.emplace();
  for (const TaskPosition& task : position.tasks) {
    rest.before_offsets->emplace_back(task.partition, task.next_input_offset);
  }
  std::string begun = "[";
  AppendRows(first, &begun);
  http::Response response = http::Response::Json(200, "");
  std::make_shared<RawStream>(source_, std::move(rest), first.retained_from_ms, std::move(begun))->Become(&response);
  response.With("ETag", tag);
  return response;
}

}  // namespace odometer
