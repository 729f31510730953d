// Meterite's dialect: definitions of metrics and their readings. Each change is a command on a topic of its own; the answer
// comes once its outcome is known (docs/adr/0005-commands.md).
#pragma once

#include <string>

#include "common/base/clock.h"
#include "common/http/server.h"
#include "common/kafka/producer.h"
#include "common/state/definition_table.h"

namespace odometer {

struct DefinitionOptions {
  std::string commands_topic = "metrics.commands";
  int timeout_ms = 10'000;  // from a command to its outcome; then 504
  bool enabled = true;      // false: everything is a 503, because the processor applies no commands
};

// Adds the routes of /metric/. All pointers must outlive the server that the router is given to; the table must be
// stopped before it is destroyed.
void AddDefinitionRoutes(const DefinitionOptions& options, AsyncProducer* producer, DefinitionTable* table,
                         const Clock* clock, http::Router* router);

}  // namespace odometer
