// Messages of the state protocol. The first byte says which: 'R' a request, 'P' a position, 'W' windows, 'E' events,
// anything else a page of totals.
#include "common/state/state_protocol.h"

#include <string>

#include "common/base/bytes.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

// The frame's body, whose length the frame must say.
std::string BodyOf(const std::string& frame) {
  ODOMETER_FUZZ_REQUIRE(frame.size() >= kFrameLengthBytes);
  std::string body = frame.substr(kFrameLengthBytes);
  ODOMETER_FUZZ_REQUIRE(FrameBodyBytes(frame) == body.size());
  return body;
}

void TestRequest(std::string_view body) {
  uint64_t id = 0;
  Result<StateRequest> request = DecodeRequest(body, &id);
  if (!request.ok()) {
    ODOMETER_FUZZ_REQUIRE(request.status().Is(ErrorKind::kInvalid));
    return;
  }
  ODOMETER_FUZZ_REQUIRE(request->id == id);
  const std::string frame = EncodeRequestFrame(*request);
  Result<StateRequest> again = DecodeRequest(BodyOf(frame), &id);
  ODOMETER_FUZZ_REQUIRE(again.ok());
  ODOMETER_FUZZ_REQUIRE(EncodeRequestFrame(*again) == frame);
}

template <typename Answer>
void TestAnswer(std::string_view body) {
  ByteReader head(body);
  head.U16();
  const uint64_t id = head.U64();
  Answer answer;
  if (Status status = DecodeAnswer(body, id, &answer); !status.ok()) {
    // Either the service's own error, which comes through unchanged, or bytes that are no answer.
    Answer none;
    ODOMETER_FUZZ_REQUIRE(DecodeAnswer(BodyOf(EncodeErrorFrame(id, status)), id, &none).ToString() == status.ToString());
    return;
  }
  const std::string frame = EncodeAnswerFrame(id, Result<Answer>(std::move(answer)));
  Answer again;
  ODOMETER_FUZZ_REQUIRE(DecodeAnswer(BodyOf(frame), id, &again).ok());
  ODOMETER_FUZZ_REQUIRE(EncodeAnswerFrame(id, Result<Answer>(std::move(again))) == frame);
}

}  // namespace

void TestInput(std::string_view input) {
  switch (TakeByte(&input)) {
    case 'R': return TestRequest(input);
    case 'P': return TestAnswer<StatePosition>(input);
    case 'W': return TestAnswer<WindowsAnswer>(input);
    case 'E': return TestAnswer<EventsPage>(input);
    default: return TestAnswer<SeriesPage>(input);
  }
}

}  // namespace odometer
