// Reads one page of raw events: the keys of each task lie in event order, so those of several tasks are merged as they are
// read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/state/deadline.h"
#include "common/state/state_reader.h"
#include "common/store/store.h"

namespace odometer {

// Not thread-safe; must not outlive the view, the query and the watch.
class EventScan {
 public:
  // Nothing before `retained_from_ms` is shown.
  EventScan(const StoreView& view, const EventsQuery& query, int64_t retained_from_ms, RowWatch* watch);

  // Not twice for the same.
  void AddTask(int32_t partition);
  // The page but for retained_from_ms. Once. kStop when the store holds what cannot be read, kRetry when the watch's
  // deadline has passed.
  Result<EventsPage> Read();

 private:
  struct Cursor {
    std::unique_ptr<StoreIterator> it;
    int64_t before_offset;
    EventPlace place;
  };

  // Goes on to the next event that the query wants, if the present one is not. Without one the cursor is not valid.
  Status Settle(Cursor* cursor);

  const StoreView& view_;
  const EventsQuery& query_;
  const int64_t from_ms_;
  RowWatch& watch_;
  std::vector<Cursor> cursors_;
};

}  // namespace odometer
