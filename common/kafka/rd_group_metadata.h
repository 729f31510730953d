// What the librdkafka consumer hands to the librdkafka producer.
#pragma once

#include <memory>

#include "common/kafka/rd_common.h"

namespace odometer::rd {

class RdGroupMetadata final : public GroupMetadata {
 public:
  // Takes the metadata over.
  explicit RdGroupMetadata(rd_kafka_consumer_group_metadata_t* metadata) : metadata_(metadata) {}
  const rd_kafka_consumer_group_metadata_t* get() const { return metadata_.get(); }

 private:
  std::unique_ptr<rd_kafka_consumer_group_metadata_t, Free<rd_kafka_consumer_group_metadata_destroy>> metadata_;
};

// Null for another implementation's.
inline const rd_kafka_consumer_group_metadata_t* Unwrap(const GroupMetadata& group) {
  const auto* metadata = dynamic_cast<const RdGroupMetadata*>(&group);
  return metadata == nullptr ? nullptr : metadata->get();
}

}  // namespace odometer::rd
