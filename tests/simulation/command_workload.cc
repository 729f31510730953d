#include "tests/simulation/command_workload.h"

#include "tests/scenarios/processor_instance.h"
#include "tests/simulation/workload.h"

namespace odometer {

void CommandWorkload::Send() {
  random_ = sends_.Fork();
  if (random_.OneIn(25)) return SendRubbish();
  const bool again = !earlier_.empty() && random_.OneIn(6);
  const Command command = again ? random_.Of(earlier_) : RandomCommand();
  if (!again) earlier_.push_back(command);
  int32_t partition = CommandPartition(DefinitionKey(command.org, command.code), kCommandPartitions);
  const bool misplaced = random_.OneIn(30);
  if (misplaced) partition = (partition + 1) % kCommandPartitions;
  Append(partition, EncodeCommand(command), {.command = command, .rejected = misplaced});
}

Command CommandWorkload::RandomCommand() {
  using Kind = Command::Kind;
  static const std::vector<Kind> kKinds = {Kind::kCreate, Kind::kCreate,     Kind::kChange, Kind::kActivate,
                                           Kind::kRecord, Kind::kDeactivate, Kind::kDelete, Kind::kRecord,
                                           Kind::kRecord, Kind::kRecord};
  Command command;
  command.kind = random_.Of(kKinds);
  command.request_id = "r" + std::to_string(earlier_.size());
  command.org = SimulatedOrg(static_cast<int>(random_.Below(2)));
  command.code = SimulatedCode(static_cast<int>(random_.Below(kSimulatedCodes)));
  const bool create = command.kind == Kind::kCreate;
  if (create || command.kind == Kind::kChange) {
    if (create || random_.OneIn(2)) command.name = command.request_id;
    if (create || random_.OneIn(2)) command.min_reading = random_.Between(-5, 0);
    // A change may put the maximum below the minimum that there is.
    if (create || random_.OneIn(2)) command.max_reading = random_.Between(create || command.min_reading ? 0 : -5, 5);
    if (create) command.truncation = random_.OneIn(2) ? Truncation::kNone : Truncation::kMinute;
  }
  if (command.kind == Kind::kRecord) {
    command.reading = random_.Between(-8, 8);
    if (random_.OneIn(2)) command.reading_at_ms = clock_->WallMs() - random_.Between(-400'000, 200'000);
  }
  return command;
}

void CommandWorkload::SendRubbish() {
  const int32_t partition = static_cast<int32_t>(random_.Below(kCommandPartitions));
  Append(partition, random_.OneIn(2) ? "" : "no command", {.command = {}, .rejected = true});
}

void CommandWorkload::Append(int32_t partition, const std::string& value, SentCommand sent) {
  sent.appended_ms = clock_->WallMs();
  sent.offset = broker_->Append({kCommands, partition}, {.value = value});
  sent_[partition].push_back(std::move(sent));
}

}  // namespace odometer
