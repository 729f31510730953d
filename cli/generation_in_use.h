// Which generation of the state a processor counts, and that only one processor at a time may.
#pragma once

#include <optional>
#include <string>

#include "cli/control/file_lock.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/state/generation.h"
#include "processor/processor.h"

namespace odometer::cli {

// The locks in state.dir, each of which creates the folder. None while another holds it.
// Of the state: held by a processor as long as it runs, and by `odometer rebuild` while it switches over. So whoever
// holds it knows that nobody counts the generation in use.
Result<std::optional<FileLock>> TryToHoldState(const std::string& state_dir);
// Taken before the one of the state. `odometer rebuild` holds it while it waits for a processor to end, so that it gets
// the state next, and not the processor that is started again.
Result<std::optional<FileLock>> TryToClaimState(const std::string& state_dir);
// Held by the one `odometer rebuild`.
Result<std::optional<FileLock>> TryToHoldRebuild(const std::string& state_dir);

// The lock of the state for a processor. kRetry while it is claimed, kStop while another processor has it.
Result<FileLock> HoldStateToCount(const std::string& state_dir);

// The later of what state.dir says and what Kafka does, which it writes to the one that says less: a state.dir that was
// lost, or that of another instance, does not know of a switch. `options.state_dir` is that of the instance. kRetry
// without a broker.
Result<Generations> AgreeOnGeneration(const ProcessorOptions& options, Admin* admin);

// Makes Kafka say it, after which every processor that starts counts it.
Status DecideGeneration(const ProcessorOptions& options, int32_t generation, Admin* admin);

// The same with a client of its own: the options of a processor of the generation in use.
Result<ProcessorOptions> OptionsInUse(const ProcessorOptions& options);

}  // namespace odometer::cli
