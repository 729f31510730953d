// Whether a process that runs in the background is ready for its work, asked of the process itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/control/process_id.h"

namespace odometer::cli {

struct Readiness {
  std::string address;               // where it listens; empty: it does not, or that is not known
  std::vector<std::string> reasons;  // why it is not ready; empty: it is
};

// Not thread-safe.
class ReadinessProbe {
 public:
  virtual ~ReadinessProbe() = default;

  // What `/readyz` of that process says. Never what another says that has taken its port, as far as this user may see
  // which process listens where.
  virtual Readiness Ask(const std::string& name, const ProcessId& id) = 0;
  // How many records its tasks are behind; none when it has no tasks, or does not answer. `readiness` is what it said
  // last.
  virtual std::optional<int64_t> LagRecords(const Readiness& readiness) = 0;
};

// By HTTP. `configured`: name → the address to ask where the user may not see at which one the process listens.
std::unique_ptr<ReadinessProbe> NewHttpReadinessProbe(std::map<std::string, std::string> configured);

// The reasons in the body of a /readyz that was not answered 200; at least one.
std::vector<std::string> ReadyzReasons(int status, std::string_view body);
// The sum over all partitions in the text of a processor's /metrics.
std::optional<int64_t> SumOfLag(std::string_view metrics);

}  // namespace odometer::cli
