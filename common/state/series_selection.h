// Finding the selected series in the names index.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/state/state_layout.h"
#include "common/state/state_reader.h"
#include "common/store/store.h"

namespace odometer {

// A row of the index; views are valid during the visit.
struct NameRow {
  std::string_view group;  // the key up to and with the type: the same for all series of one (org, name, type)
  int32_t partition;
  SeriesId id;
  std::string_view identity;
};

// Visits the rows that the selector selects, in index order, from the key `from` on, until `visit` returns false.
// kStop when the index holds what cannot be decoded, kRetry when the watch's deadline has passed.
Status VisitSelected(const StoreView& view, const SeriesSelector& selector, const std::string& from, RowWatch* watch,
                     const std::function<bool(const NameRow&)>& visit);

// kStop for a value in the store that nothing can have written but a defect.
Status UndecodableValue(const std::string& family, const Status& why);

}  // namespace odometer
