// One client's connection: requests in, answers out, in order, within the limits of ServerOptions.
//
//   serving ──(error, Connection: close, end of input; all answered)──▶ lingering ──▶ closed
//      └───────────────(idle, write time-out, socket error)──────────────────────────▶ closed
//
// While serving, the front answer may be a live stream (live_stream.h): then no request follows, and the bytes of both
// directions are the LiveWire's, until it is over; so the end of a stream is the end of a last answer.
//
// Lingering: our side of the socket is shut down, and what still comes in is read and thrown away for a while.
// Closing at once would reset the connection and so could take the last answer away from a client that is still
// sending.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/live_wire.h"
#include "common/http/mailbox.h"
#include "common/http/output_queue.h"
#include "common/http/request_parser.h"
#include "common/http/response_encoder.h"
#include "common/http/server.h"
#include "common/http/server_metrics.h"

namespace odometer::http {

// What the connections of one I/O thread share.
struct ConnectionContext {
  const ServerOptions& options;
  ServerMetrics& metrics;
  ResponseEncoder encoder;
  std::string read_buffer;
  int64_t now_ms = 0;  // steady, set at the beginning of each turn
  int64_t wall_ms = 0;

  // Of all connections of the server: see BufferedBytes.
  std::atomic<size_t>& buffered_bytes;
  std::atomic<size_t>& live_clients;  // likewise
  std::shared_ptr<Mailbox> mailbox;   // of this I/O thread

  // Calls the request's handler, whose answer comes back through Connection::Answer. Gives the route's index.
  std::function<int(uint64_t connection, uint64_t sequence, Request* request)> dispatch;
  // From now on the connection is to be Run when the socket takes bytes again.
  std::function<void(int socket)> watch_writable;
};

// Used by its I/O thread alone. Does not own the socket.
class Connection {
 public:
  Connection(uint64_t id, int socket, ConnectionContext* context);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  uint64_t id() const { return id_; }
  int socket() const { return socket_; }
  bool closed() const { return phase_ == Phase::kClosed; }
  // More could be done at once, but others are to have their turn first.
  bool wants_turn() const { return wants_turn_; }
  // Has taken a request that is not yet answered to the last byte.
  bool answering() const { return phase_ == Phase::kServing && (!answers_.empty() || !output_.empty()); }
  bool idle() const { return phase_ == Phase::kServing && !answering() && !parser_.started() && unparsed_.empty(); }

  // The socket may be readable or writable. To be followed by Run.
  void SocketReady();
  // Keeps the answer until Run; ignored when the request has one already.
  void Answer(uint64_t sequence, Response response);
  // The request's answer is a stream that has something to give again. To be followed by Run.
  void WakeStream(uint64_t sequence);
  // Reads, handles and writes what can be without waiting.
  void Run();
  // Looks at the deadlines. To be followed by Run.
  void CheckDeadlines();
  // There are too many connections: 503.
  void Refuse();
  // Answers what is here already, then closes. To be followed by Run.
  void Finish();
  // At once, without regard to answers under way.
  void Close() { phase_ = Phase::kClosed; }

 private:
  enum class Phase { kServing, kLingering, kClosed };

  struct PendingAnswerSlot {
    enum class State { kWaiting, kReady, kContinue };
    State state = State::kWaiting;
    AnswerForm form;
    Method method = Method::kGet;
    int route = RouteTable::kNoRoute;
    int64_t started_ms = 0;
    int64_t started_us = 0;
    bool asks_upgrade = false;  // what follows it may not be HTTP
    Response response;
  };

  // The front answer, once its head is sent, where it is a live stream.
  struct Live {
    std::shared_ptr<LiveStream> stream;
    std::unique_ptr<LiveWire> wire;
    int64_t last_kept_alive_ms;
    int64_t last_heard_ms;
    size_t heard_bytes = 0;
    LiveEnd end = LiveEnd::kDone;  // what is said once the stream has ended, and all that waits is written
  };

  // Each gives whether anything was done.
  bool Read(size_t* budget);
  bool Emit(size_t* budget);
  bool Write(size_t* budget);
  bool Linger(size_t* budget);
  void CloseBroken(int error);

  // What there is, in the read buffer; empty at the end of input, nothing when there is none for now, or the socket failed.
  std::optional<std::string_view> Receive();
  bool Paused() const;
  void Parse(std::string_view* input);
  void TakeRequest();
  void RefuseRequest(Response error);
  void EmitFront();
  void PumpStream(size_t* budget);
  void PopFront();

  // The live part, in connection_live.cc.
  // Makes it another answer where the request or the server does not allow a stream.
  void RefuseLive(PendingAnswerSlot* slot);
  void StartLive();
  bool ReadLive(size_t* budget);
  bool EmitLive(size_t* budget);
  void CheckLive();
  // Ends the stream because the server stops.
  void LeaveLive();
  void SayLast(LiveEnd end);
  // The wire is over: what is written is still sent, then the connection ends like any other.
  void FinishLive();
  void DropLive(const std::string& reason);
  void EndIfDone();
  // What it holds of requests that are not complete, and of answers that are not sent.
  size_t BufferedBytes() const;
  void CountBuffered(size_t bytes);
  // When all connections together hold too much, and this one more than a little. Whether there was anything to do.
  bool GiveWay();

  const uint64_t id_;
  const int socket_;
  ConnectionContext& context_;
  Phase phase_ = Phase::kServing;
  bool wants_turn_ = false;

  // Input.
  RequestParser parser_;
  std::string unparsed_;  // read, but not looked at because the connection is paused
  bool readable_ = true;
  bool end_of_input_ = false;
  bool last_request_taken_ = false;  // whatever follows is not a request for us
  int64_t request_started_ms_ = 0;

  // Answers, the oldest first; a request's sequence is first_sequence_ plus its place.
  std::deque<PendingAnswerSlot> answers_;
  uint64_t first_sequence_ = 0;
  bool stream_waits_ = false;  // to be woken
  bool streaming_ = false;  // the front answer's head is sent, its body under way
  BodyKind stream_kind_ = BodyKind::kComplete;
  std::unique_ptr<Live> live_;

  // Output.
  OutputQueue output_;
  bool writable_ = true;
  bool watches_writable_ = false;
  bool finishing_ = false;

  size_t counted_bytes_ = 0;  // this one's part of context_.buffered_bytes

  int64_t last_activity_ms_ = 0;  // a byte came or went
  int64_t last_write_ms_ = 0;     // the client took a byte, or had all of them
  int64_t linger_since_ms_ = 0;
  size_t drained_bytes_ = 0;
};

}  // namespace odometer::http
