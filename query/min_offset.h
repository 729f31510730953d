// Places in the input topic that an answer must reflect, so that clients read what they wrote.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/state/state_reader.h"

namespace odometer {

// At most one record per partition of one topic. A value type.
class OffsetSet {
 public:
  // "<topic>/<partition>@<offset>[,…]", as ingest answers in X-Odometer-Offset. Of a partition that stands twice the
  // higher offset counts. kInvalid, saying why, for anything else, another topic than `topic` included.
  static Result<OffsetSet> Parse(std::string_view text, const std::string& topic);

  void Add(int32_t partition, int64_t offset);
  void Merge(const OffsetSet& other);
  const std::map<int32_t, int64_t>& offsets() const { return offsets_; }
  bool empty() const { return offsets_.empty(); }
  // The partitions of the set that the position does not cover.
  std::vector<int32_t> NotCoveredBy(const StatePosition& position) const;
  // Of the set what lies in partitions that the position covers.
  OffsetSet CoveredBy(const StatePosition& position) const;
  // The position covers at least one partition of the set, and reflects the records of all those that it covers.
  bool ReachedBy(const StatePosition& position) const;

 private:
  std::map<int32_t, int64_t> offsets_;
};

}  // namespace odometer
