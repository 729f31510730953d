// The way of answers from any thread to the I/O thread that owns the connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/mutex.h"
#include "common/http/server.h"

namespace odometer::http {

// An answer, or the news that a stream can go on, and where it belongs. Connections are named by a number that is never used
// again, because the number of a socket is used again as soon as it is closed.
struct Letter {
  uint64_t connection;
  uint64_t sequence;  // of the request on its connection
  Response response;
  bool wakes_stream = false;  // then there is no response
};

// Thread-safe, unless it says otherwise. May outlive the I/O thread: letters are then dropped.
class Mailbox {
 public:
  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Readable when the I/O thread has something to do.
  int wake_fd() const { return wake_fd_; }
  void Wake() const;
  void Post(Letter letter);
  // That connection has something to do.
  void Nudge(uint64_t connection);

  // For the I/O thread alone. Makes `deliver` take the letters that this very thread posts, at once.
  void BindToThisThread(std::function<void(Letter)> deliver);
  void ClearWake() const;
  std::vector<Letter> Take();
  std::vector<uint64_t> TakeNudged();
  // From now on letters are dropped.
  void Close();

 private:
  const int wake_fd_;
  std::function<void(Letter)> deliver_;  // touched by the bound thread only
  Mutex mutex_;
  std::vector<Letter> letters_ ODOMETER_GUARDED_BY(mutex_);
  std::vector<uint64_t> nudged_ ODOMETER_GUARDED_BY(mutex_);
  bool closed_ ODOMETER_GUARDED_BY(mutex_) = false;
};

// Posts the answer of one request; a 500 when it is destroyed without one.
class PendingAnswer final : public Responder::Sink {
 public:
  PendingAnswer(std::shared_ptr<Mailbox> mailbox, uint64_t connection, uint64_t sequence)
      : mailbox_(std::move(mailbox)), connection_(connection), sequence_(sequence) {}
  ~PendingAnswer() override;

  void Send(Response response) override;

 private:
  const std::shared_ptr<Mailbox> mailbox_;
  const uint64_t connection_;
  const uint64_t sequence_;
  std::atomic<bool> sent_{false};
};

}  // namespace odometer::http
