#include "cli/group_in_use.h"

#include "common/state/generation.h"

namespace odometer::cli {
namespace {

constexpr int kTimeoutMs = 5'000;

}  // namespace

Result<std::vector<GroupMember>> GroupInUse::Members() {
  Result<std::shared_ptr<GroupAdmin>> admin = Admin();
  if (!admin.ok()) return admin.status();
  return (*admin)->Members();
}

Result<std::shared_ptr<GroupAdmin>> GroupInUse::Admin() {
  Result<Generations> generations = ReadGenerations(state_dir_);
  if (!generations.ok()) return generations.status();
  MutexLock lock(mutex_);
  if (admin_ == nullptr || generation_ != generations->in_use) {
    Result<std::unique_ptr<GroupAdmin>> admin =
        NewRdGroupAdmin(properties_, GenerationName(application_, generations->in_use), client_id_, kTimeoutMs);
    if (!admin.ok()) return admin.status();
    admin_ = std::move(*admin);
    generation_ = generations->in_use;
  }
  return admin_;
}

}  // namespace odometer::cli
