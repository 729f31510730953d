// What a WebSocket client sends: however it is cut, it gets the same answers until the end, and never more than it sent
// itself.
#include <algorithm>
#include <memory>

#include "common/http/live_wire.h"
#include "common/http/output_queue.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

// The closing handshake is what it may get beside its own pings.
constexpr size_t kMostOfOurs = 130;

struct Outcome {
  size_t bytes;
  bool over;
};

Outcome Read(std::string_view input, size_t step) {
  std::unique_ptr<http::LiveWire> wire = http::NewWebSocketWire();
  http::OutputQueue out;
  while (!input.empty() && !wire->over()) {
    const std::string_view piece = input.substr(0, step);
    wire->Read(piece, &out);
    input.remove_prefix(piece.size());
  }
  return {out.bytes(), wire->over()};
}

}  // namespace

void TestInput(std::string_view input) {
  const size_t step = 1u + TakeByte(&input);
  const Outcome whole = Read(input, std::max<size_t>(input.size(), 1));
  const Outcome cut = Read(input, step);
  ODOMETER_FUZZ_REQUIRE(whole.bytes <= input.size() + kMostOfOurs && cut.bytes <= input.size() + kMostOfOurs);
  // When a broken frame is noticed, before or after all of it is there, may depend on the cut, and so may what is still
  // answered of what came before.
  ODOMETER_FUZZ_REQUIRE(cut.over || whole.over || cut.bytes == whole.bytes);
}

}  // namespace odometer
