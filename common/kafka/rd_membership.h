// Who this client is to its consumer group.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

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
// favour of itself. kStop when another member has its instance id; kRecover when none has, or when that cannot be known within
// timeout_ms.
Status FencedStatus(rd_kafka_t* client, const StaticMember& self, int timeout_ms);

// Whether these ask for a cooperative group, which has no static members here (docs/adr/0003-consuming.md).
bool IsCooperative(const KafkaProperties& properties);

}  // namespace odometer::rd
