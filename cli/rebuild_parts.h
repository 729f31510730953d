// What `odometer rebuild` knows of Kafka and of the state folder: which generations there are, what the one in use has
// counted, and how one that is no longer wanted is deleted.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/config/config.h"
#include "cli/rebuild/rebuild_file.h"
#include "cli/rebuild/rebuild_from.h"
#include "cli/stop_signal.h"
#include "common/kafka/admin.h"
#include "common/kafka/group_admin.h"
#include "common/state/generation.h"

namespace odometer::cli {

// Where the records go that are rejected while a generation is built: those of the topic of dead letters stay the only
// ones that are replayed.
std::string RebuildLettersTopic(const std::string& generation_name);

// Not thread-safe.
class RebuildParts {
 public:
  // `config` must outlive it.
  static Result<std::unique_ptr<RebuildParts>> Make(const Config& config);

  const Generations& generations() const { return generations_; }
  std::string Name(int32_t generation) const;
  std::string Folder(int32_t generation) const;

  // Of the input topic and of the sources.
  Result<std::vector<TopicPartition>> Partitions(const std::vector<std::string>& sources);
  // Up to where the generation in use has counted: of a partition of which it has not counted anything, its beginning,
  // so that it waits until the switch.
  Result<PartitionOffsets> Counted(const std::vector<TopicPartition>& partitions);
  // kStop unless at most `expected` processors count the generation in use. Waits for the sessions of those that have
  // gone.
  Status CheckInstances(size_t expected, StopSignal* stop);
  // Of the rules that the generation in use is counted by, as far as it can be asked.
  std::vector<std::string> SourcesInUse() const;

  // Decides on a number and on where each partition begins. kInvalid where `from` cannot be.
  Result<RebuildFile> NewFile(const std::string& from, uint64_t rules_version, const std::vector<std::string>& sources);

  // From now on the new one is in use. kRetry: that is not known; to be called again.
  Status SwitchTo(int32_t generation);
  // The sources of the old one, so that it can be forgotten as a whole.
  Status KeepOldSources(const std::vector<std::string>& topics);
  Status ForgetOld();
  // The one that was being built.
  Status Abandon(const RebuildFile& file);

 private:
  explicit RebuildParts(const Config& config) : config_(config) {}
  // Makes the instance and Kafka agree on the generation in use, unless a processor counts, which has done so.
  Result<Generations> FindGenerations();
  Result<std::unique_ptr<GroupAdmin>> Group(int32_t generation) const;
  // Whether anybody has used that number.
  Result<bool> IsTaken(int32_t generation);
  Status Delete(int32_t generation, const std::vector<std::string>& sources);

  const Config& config_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<GroupAdmin> group_;  // of the generation in use
  Generations generations_;
};

}  // namespace odometer::cli
