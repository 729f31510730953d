// Places in the input topic, and in the sources of rules, that an answer must reflect, so that clients read what they
// wrote.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/types.h"
#include "common/state/state_reader.h"

namespace odometer {

// At most one record per partition. A value type.
class OffsetSet {
 public:
  // "<topic>/<partition>@<offset>[,…]", as ingest answers in X-Odometer-Offset. Of a partition that stands twice the
  // higher offset counts. kInvalid, saying why, for anything else. Topics other than `input_topic` are taken to be sources
  // of rules: which there are a position tells.
  static Result<OffsetSet> Parse(std::string_view text, const std::string& input_topic);

  // `source`: a topic that the rules count; empty: the input topic.
  void Add(int32_t partition, int64_t offset, const std::string& source = "");
  void Merge(const OffsetSet& other);
  // The topic of those of the input topic is empty, whatever its name is.
  const std::map<TopicPartition, int64_t>& offsets() const { return offsets_; }
  bool empty() const { return offsets_.empty(); }
  // All its topics are the input topic, or sources that the position knows, whether or not it covers them.
  bool IsKnownTo(const StatePosition& position) const;
  // The partitions of the set that the position does not cover, as answers name them: "3", of sources "shop.orders/3".
  std::vector<std::string> NotCoveredBy(const StatePosition& position) const;
  // Of the set what lies in partitions that the position covers.
  OffsetSet CoveredBy(const StatePosition& position) const;
  // The position covers at least one partition of the set, and reflects the records of all those that it covers.
  bool ReachedBy(const StatePosition& position) const;

 private:
  std::map<TopicPartition, int64_t> offsets_;
};

}  // namespace odometer
