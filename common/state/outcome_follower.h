// Keeps a DefinitionTable as new as the log: reads the changelogs of definitions and readings, then follows the topic of
// outcomes.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/log_reader.h"
#include "common/kafka/topic_tail.h"
#include "common/state/definition_table.h"

namespace odometer {

struct OutcomeFollowerOptions {
  std::string application = "odometer";
  std::string commands_topic = "metrics.commands";
  std::string outcomes_topic = "metrics.outcomes";
  bool readings = true;  // whether earlier readings are read too
};

// Start and Stop from one thread.
class OutcomeFollower {
 public:
  // Of the outcomes' topic.
  using NewTail = std::function<Result<std::unique_ptr<TopicTail>>()>;

  virtual ~OutcomeFollower() = default;
  virtual void Start() = 0;
  // Ends its thread, and the waiting of all requests. Idempotent.
  virtual void Stop() = 0;
};

// All pointers must outlive it.
std::unique_ptr<OutcomeFollower> NewOutcomeFollower(OutcomeFollowerOptions options, Admin* admin, LogReader* reader,
                                                    OutcomeFollower::NewTail new_tail, DefinitionTable* table,
                                                    const Clock* clock);

// One with clients of its own. `table` and `clock` must outlive it. Its end may wait for a broker for 3 s.
Result<std::unique_ptr<OutcomeFollower>> NewRdOutcomeFollower(OutcomeFollowerOptions options, const KafkaProperties& kafka,
                                                              const std::string& client_id, DefinitionTable* table,
                                                              const Clock* clock);

}  // namespace odometer
