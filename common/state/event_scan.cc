#include "common/state/event_scan.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/state/event_keys.h"
#include "common/state/series_selection.h"
#include "common/state/state_layout.h"

namespace odometer {

EventScan::EventScan(const StoreView& view, const EventsQuery& query, int64_t retained_from_ms, RowWatch* watch)
    : view_(view), query_(query), from_ms_(std::max(query.from_ms, retained_from_ms)), watch_(*watch) {}

void EventScan::AddTask(int32_t partition) {
  int64_t before_offset = std::numeric_limits<int64_t>::max();
  if (query_.before_offsets) {
    auto bound = std::find_if(query_.before_offsets->begin(), query_.before_offsets->end(),
                              [&](const auto& known) { return known.first == partition; });
    if (bound == query_.before_offsets->end()) return;
    before_offset = bound->second;
  }
  const std::string prefix =
      EventKeyPrefix(partition, query_.org, query_.name ? EventNamePart(*query_.name) : std::string());
  // No event is at these ends themselves, so whether they are inclusive does not matter.
  constexpr int64_t kLowest = std::numeric_limits<int64_t>::min(), kHighest = std::numeric_limits<int64_t>::max();
  EventPlace first{from_ms_, kLowest, partition, kLowest};
  // A key does not have the partition; this one is never before what comes after, and Settle looks closer.
  if (query_.after) {
    first = std::max(first, EventPlace{query_.after->ts_ms, query_.after->appended_ms, partition, kLowest});
  }
  std::string lower = prefix, upper = prefix;
  AppendEventPlace(first, &lower);
  AppendEventPlace({query_.to_ms, kHighest, partition, kHighest}, &upper);
  if (lower >= upper) return;
  const FamilyId family = query_.name ? StateLayout::kEventsByName : StateLayout::kEvents;
  cursors_.push_back({view_.Scan(family, lower, upper), before_offset, {}});
}

Status EventScan::Settle(Cursor* cursor) {
  for (; cursor->it->Valid(); cursor->it->Next()) {
    ODOMETER_RETURN_IF_ERROR(watch_.Next());
    cursor->place = ParseEventPlace(cursor->it->Key());
    if (cursor->place.offset >= cursor->before_offset) continue;
    if (!query_.after || *query_.after < cursor->place) return Status::Ok();
  }
  return cursor->it->status();
}

Result<EventsPage> EventScan::Read() {
  EventsPage page;
  for (Cursor& cursor : cursors_) ODOMETER_RETURN_IF_ERROR(Settle(&cursor));
  while (true) {
    std::erase_if(cursors_, [](const Cursor& cursor) { return !cursor.it->Valid(); });
    if (cursors_.empty()) return page;
    if (page.rows.size() >= query_.limit || page.bodies.size() >= kMaxEventsPageBytes) break;
    auto next = std::min_element(cursors_.begin(), cursors_.end(),
                                 [](const Cursor& a, const Cursor& b) { return a.place < b.place; });
    Result<StoredEvent> event = DecodeStoredEvent(next->it->Value());
    if (!event.ok()) return UndecodableValue("events", event.status());
    page.rows.push_back({next->place, static_cast<uint32_t>(event->body.size())});
    page.bodies.append(event->body);
    next->it->Next();
    ODOMETER_RETURN_IF_ERROR(Settle(&*next));
  }
  page.more = true;
  return page;
}

}  // namespace odometer
