#include "common/http/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "common/base/log.h"

namespace odometer::http {
namespace {

// A thread serves one mailbox at most. Compared only, never followed: the mailbox may be gone.
thread_local const Mailbox* bound_mailbox = nullptr;

int NewEventFd() {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

Mailbox::Mailbox() : wake_fd_(NewEventFd()) {}
Mailbox::~Mailbox() { close(wake_fd_); }

void Mailbox::Wake() const {
  uint64_t one = 1;
  // It fails only when the counter is full, and then the thread is woken already.
  [[maybe_unused]] ssize_t written = write(wake_fd_, &one, sizeof(one));
}

void Mailbox::ClearWake() const {
  uint64_t count = 0;
  [[maybe_unused]] ssize_t taken = read(wake_fd_, &count, sizeof(count));
}

void Mailbox::BindToThisThread(std::function<void(Letter)> deliver) {
  if (bound_mailbox == this) return;
  bound_mailbox = this;
  deliver_ = std::move(deliver);
}

void Mailbox::Post(Letter letter) {
  if (bound_mailbox == this) {
    deliver_(std::move(letter));
    return;
  }
  bool first = false;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    first = letters_.empty();
    letters_.push_back(std::move(letter));
  }
  if (first) Wake();
}

std::vector<Letter> Mailbox::Take() {
  MutexLock lock(mutex_);
  return std::exchange(letters_, {});
}

void Mailbox::Nudge(uint64_t connection) {
  bool first = false;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    first = nudged_.empty();
    nudged_.push_back(connection);
  }
  if (first) Wake();
}

std::vector<uint64_t> Mailbox::TakeNudged() {
  MutexLock lock(mutex_);
  return std::exchange(nudged_, {});
}

void Mailbox::Close() {
  std::vector<Letter> dropped;  // destroyed outside the lock: a stream may own a Responder
  MutexLock lock(mutex_);
  closed_ = true;
  dropped.swap(letters_);
}

PendingAnswer::~PendingAnswer() {
  if (sent_.load()) return;
  LogError("http", "a handler gave up its request without an answer");
  try {
    mailbox_->Post({.connection = connection_,
                    .sequence = sequence_,
                    .response = Response::Error(500, "internal_error", "the request could not be answered")});
  } catch (const std::exception& error) {  // out of memory: the response time-out answers
    LogError("http", "no answer could be posted error=\"{}\"", error.what());
  }
}

void PendingAnswer::Send(Response response) {
  if (sent_.exchange(true)) return;
  if (response.stream_waker) {
    response.stream_waker->Bind([mailbox = mailbox_, connection = connection_, sequence = sequence_] {
      mailbox->Post({.connection = connection, .sequence = sequence, .response = {}, .wakes_stream = true});
    });
  }
  mailbox_->Post({.connection = connection_, .sequence = sequence_, .response = std::move(response)});
}

}  // namespace odometer::http
