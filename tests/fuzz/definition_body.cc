// Bodies of /metric: what is let through is a command that the processor can read. The first byte says of which request.
#include "ingest/definition_body.h"

#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace odometer {

void TestInput(std::string_view input) {
  const unsigned char request = TakeByte(&input);
  const std::string body(input);
  Command command{.request_id = "request", .org = "org"};
  std::optional<http::Response> refusal;
  switch (request) {
    case 'c':
      command.kind = Command::Kind::kCreate;
      refusal = ParseCreateBody(body, &command);
      break;
    case 'u':
      command.kind = Command::Kind::kChange;
      command.code = "CODE";
      refusal = ParseChangeBody(body, &command);
      break;
    default:
      command.kind = Command::Kind::kRecord;
      command.code = "CODE";
      refusal = ParseReadingBody(body, &command);
  }
  if (refusal) {
    ODOMETER_FUZZ_REQUIRE((refusal->status == 400 || refusal->status == 422) && !refusal->body.empty());
    return;
  }
  Result<Command> decoded = DecodeCommand(EncodeCommand(command));
  ODOMETER_FUZZ_REQUIRE(decoded.ok() && *decoded == command);
}

}  // namespace odometer
