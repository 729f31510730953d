// Commands, outcomes and definitions: what decodes comes back from its own bytes, and is what the processor may apply.
#include "common/model/command.h"

#include "common/model/decision.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

void TestCommand(std::string_view input) {
  Result<Command> command = DecodeCommand(input);
  if (!command.ok()) {
    ODOMETER_FUZZ_REQUIRE(command.status().Is(ErrorKind::kInvalid));
    return;
  }
  ODOMETER_FUZZ_REQUIRE(*DecodeCommand(EncodeCommand(*command)) == *command);
  ODOMETER_FUZZ_REQUIRE(NormalizedCode(command->code) == command->code);
  const Decision first = Decide(nullptr, *command, {0, 4, 7, 1'700'000'000'000});
  ODOMETER_FUZZ_REQUIRE(*DecodeOutcome(EncodeOutcome(first.outcome)) == first.outcome);
  if (first.effect != Decision::Effect::kPut) return;
  const Decision second = Decide(&*first.outcome.definition, *command, {0, 4, 8, 1'700'000'000'001});
  ODOMETER_FUZZ_REQUIRE(second.outcome.verdict == CommandOutcome::Verdict::kExists);
}

void TestOutcome(std::string_view input) {
  Result<CommandOutcome> outcome = DecodeOutcome(input);
  if (outcome.ok()) ODOMETER_FUZZ_REQUIRE(*DecodeOutcome(EncodeOutcome(*outcome)) == *outcome);
}

}  // namespace

void TestInput(std::string_view input) {
  if (TakeByte(&input) % 2 == 0) {
    TestCommand(input);
  } else {
    TestOutcome(input);
  }
}

}  // namespace odometer
