// The state protocol: what the query process and the processor's state service say to each other.
// Bytes: docs/formats/state-protocol.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/status.h"
#include "common/state/state_reader.h"

namespace odometer {

inline constexpr uint8_t kStateProtocolVersion = 1;
// Of a frame's body; longer ones are refused before they are read.
inline constexpr size_t kMaxRequestFrameBytes = 1 << 20;
inline constexpr size_t kMaxAnswerFrameBytes = 64 << 20;
inline constexpr size_t kFrameLengthBytes = 4;
// No view lives longer, however long it is wanted.
inline constexpr int64_t kMaxPatienceMs = 60'000;
// Nobody gets more of a kind, however many are wanted.
inline constexpr uint64_t kMaxCardinalityRows = 10'000;

// A view of the connection's own, instead of the one that it has. Answered by its position.
struct ViewRequest {
  uint64_t patience_ms = 0;  // how long it is wanted
};
// Of the connection's view.
struct WindowsRequest {
  SeriesSelector selector;
  WindowRange range;
};
struct TotalsRequest {
  SeriesSelector selector;
  std::string after;
  uint64_t limit = 0;
};
struct CardinalityRequest {
  std::optional<std::string> org;
  uint64_t limit = 0;
};
struct EventsRequest {
  EventsQuery query;
};
// Ends the connection's view. Not answered.
struct ReleaseRequest {};
struct StateRequest {
  uint64_t id = 0;  // comes back with the answer
  std::variant<ViewRequest, WindowsRequest, TotalsRequest, CardinalityRequest, EventsRequest, ReleaseRequest> what;
};

// The length of the body that follows, from a frame's first kFrameLengthBytes bytes.
size_t FrameBodyBytes(std::string_view frame_length);

// Whole frames, with their length. A request that is too long is the other side's to refuse.
std::string EncodeRequestFrame(const StateRequest& request);
// An answer that is too long becomes an error that says so.
std::string EncodeAnswerFrame(uint64_t id, const Result<StatePosition>& position);
std::string EncodeAnswerFrame(uint64_t id, const Result<WindowsAnswer>& answer);
std::string EncodeAnswerFrame(uint64_t id, const Result<SeriesPage>& answer);
std::string EncodeAnswerFrame(uint64_t id, const Result<Cardinality>& answer);
std::string EncodeAnswerFrame(uint64_t id, const Result<EventsPage>& answer);
std::string EncodeErrorFrame(uint64_t id, const Status& error);

// Bodies, without the length. On an error *id is what could still be read of the request's id, else 0.
Result<StateRequest> DecodeRequest(std::string_view body, uint64_t* id);
// The service's answer, its own error included; kRetry when these bytes are no answer to the request `id`.
Status DecodeAnswer(std::string_view body, uint64_t id, StatePosition* answer);
Status DecodeAnswer(std::string_view body, uint64_t id, WindowsAnswer* answer);
Status DecodeAnswer(std::string_view body, uint64_t id, SeriesPage* answer);
Status DecodeAnswer(std::string_view body, uint64_t id, Cardinality* answer);
Status DecodeAnswer(std::string_view body, uint64_t id, EventsPage* answer);

}  // namespace odometer
