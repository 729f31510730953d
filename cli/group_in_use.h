// The consumer group that counts, of whichever generation is in use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/kafka/group_admin.h"

namespace odometer::cli {

// Thread-safe.
class GroupInUse {
 public:
  GroupInUse(KafkaProperties properties, std::string client_id, std::string application, std::string state_dir)
      : properties_(std::move(properties)),
        client_id_(std::move(client_id)),
        application_(std::move(application)),
        state_dir_(std::move(state_dir)) {}

  // Blocks for some seconds at most.
  Result<std::vector<GroupMember>> Members() ODOMETER_EXCLUDES(mutex_);

 private:
  Result<std::shared_ptr<GroupAdmin>> Admin() ODOMETER_EXCLUDES(mutex_);

  const KafkaProperties properties_;
  const std::string client_id_;
  const std::string application_;
  const std::string state_dir_;
  Mutex mutex_;
  int32_t generation_ ODOMETER_GUARDED_BY(mutex_) = 0;  // of admin_
  std::shared_ptr<GroupAdmin> admin_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer::cli
