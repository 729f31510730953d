// What nobody should do to a group.
#pragma once

#include <vector>

#include "common/kafka/memory_broker.h"
#include "tests/scenarios/processor_instance.h"

namespace odometer {

// A new member of the processors' group, whose own are dead, commits that offset, and dies.
inline Status MoveGroupOffset(MemoryBroker* broker, const TopicPartition& partition, int64_t offset) {
  struct Nothing final : ConsumerEvents {
    void OnRecord(const RecordView&) override {}
    void OnAssigned(const std::vector<TopicPartition>&) override {}
    void OnRevoked(const std::vector<TopicPartition>&) override {}
    void OnLost(const std::vector<TopicPartition>&) override {}
  } nothing;
  ConsumerOptions options;
  options.group_id = kApplication;
  options.instance_id = options.client_id = "one";
  broker->ExpireMember(kApplication, options.client_id);
  auto consumer = broker->NewConsumer(options);
  Status moved = consumer->Subscribe({partition.topic});
  for (int polls = 0; polls < 3 && moved.ok(); ++polls) moved = consumer->Poll(0, &nothing);
  if (moved.ok()) moved = consumer->CommitOffsets({{partition, offset}});
  broker->ExpireMember(kApplication, options.client_id);
  return moved;
}

}  // namespace odometer
