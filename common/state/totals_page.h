// One page of series with their totals, in the order (name, type, level).
//
// The names index has the order (name, type, task, id), so the series of one (name, type), a group, must be put
// together by level, over other labels and the tasks. Only the smallest levels that still fit in the page, by number
// and by size, are kept meanwhile: memory is bounded by the page, however large the group; a group of n series costs n
// index rows for each page of levels that it fills.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/state/series_selection.h"
#include "common/state/state_reader.h"

namespace odometer {

// Not thread-safe.
class TotalsPage {
 public:
  // Merges what the task has of the series into the aggregate.
  using MergeTotal = std::function<Status(int32_t partition, SeriesId id, Aggregate* into)>;

  // `after`: the last series of the page before. Requires limit > 0.
  TotalsPage(std::optional<Series> after, size_t limit, MergeTotal merge_total);

  // Where in the index to begin.
  const std::string& first_key() const { return after_group_; }
  // Rows in index order. False: the page is complete, or status() is not OK.
  bool Add(const NameRow& row);
  // After the last row.
  void Finish() { EndGroup(); }

  Status status() const { return status_; }
  // The totals and next_after. Ends the page's use.
  SeriesPage Take() { return std::move(page_); }

 private:

  bool complete() const { return !status_.ok() || !page_.next_after.empty(); }
  void EndGroup();

  const std::optional<Series> after_;
  std::string after_group_;
  const size_t limit_;
  const MergeTotal merge_total_;

  SeriesPage page_;
  Status status_;
  size_t bytes_ = 0;
  size_t candidate_bytes_ = 0;  // on the heap, of the candidates' aggregates: those of sets
  std::string group_;
  std::map<std::string, SeriesTotal> candidates_;  // of the group, those of the smallest levels
  bool left_out_ = false;                          // the group has more
};

}  // namespace odometer
