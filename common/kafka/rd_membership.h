// Who this client is to its consumer group.
#pragma once

#include <librdkafka/rdkafka.h>

#include <set>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/kafka/types.h"

namespace odometer::rd {

// The id that the group has given this client; empty while it has none.
std::string MemberId(rd_kafka_t* client);

struct StaticMember {
  std::string group;
  std::string instance_id;
  std::string member_id;  // the last one that it had
};

// What became of a static member that is fenced. librdkafka (2.0.2, its issue 3437) forgets its member id when its session
// times out, and while it waits for the caller, who is restoring, it goes on with an empty one: then the group fences it in
// favour of itself, by an id that may not be known here. Such a member has nobody who keeps it, and a twin has: so kStop when
// another member has its instance id for longer than a session lasts, and kRecover when none has, or when that cannot be known
// within timeout_ms. Waits for so long.
Status FencedStatus(rd_kafka_t* client, const StaticMember& self, int timeout_ms);

// What the members of a group own, as its coordinator tells. kRetry while it rebalances, or when that cannot be known within
// timeout_ms.
Result<std::set<TopicPartition>> OwnedInGroup(rd_kafka_t* client, const std::string& group, int timeout_ms);

// The partitions in an assignment as the clients of a group encode it (ConsumerProtocolAssignment, all versions); kInvalid
// when it is cut short.
Result<std::set<TopicPartition>> ParseAssignment(std::string_view bytes);

// Whether these ask for a cooperative group, which has no static members here (docs/adr/0003-consuming.md).
bool IsCooperative(const KafkaProperties& properties);

}  // namespace odometer::rd
