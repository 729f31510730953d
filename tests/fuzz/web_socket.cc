// What a WebSocket client sends: however it is cut, the same answers and the same end come of it, and never more than it
// sent itself.
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
  friend bool operator==(const Outcome&, const Outcome&) = default;
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
  ODOMETER_FUZZ_REQUIRE(whole.bytes <= input.size() + kMostOfOurs);
  ODOMETER_FUZZ_REQUIRE(Read(input, step) == whole);
}

}  // namespace odometer
