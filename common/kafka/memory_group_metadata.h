// What MemoryBroker's consumer hands to its producer.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "common/kafka/consumer.h"

namespace odometer {

class MemoryGroupMetadata final : public GroupMetadata {
 public:
  MemoryGroupMetadata(std::string group_id, std::string member_id, int64_t generation)
      : group_id_(std::move(group_id)), member_id_(std::move(member_id)), generation_(generation) {}

  const std::string& group_id() const { return group_id_; }
  const std::string& member_id() const { return member_id_; }
  int64_t generation() const { return generation_; }

 private:
  std::string group_id_;
  std::string member_id_;
  int64_t generation_;
};

}  // namespace odometer
