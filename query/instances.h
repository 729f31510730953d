// GET /api/v1/instances: who counts, and which partitions each has.
#pragma once

#include <functional>
#include <vector>

#include "common/base/status.h"
#include "common/http/message.h"
#include "common/kafka/group_admin.h"

namespace odometer {

// The members of the group that counts the generation in use. Blocks; from any thread.
using InstancesNow = std::function<Result<std::vector<GroupMember>>()>;

// 503 when the brokers do not tell.
http::Response InstancesResponse(const Result<std::vector<GroupMember>>& members);

}  // namespace odometer
