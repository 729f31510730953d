#include "common/http/output_queue.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <utility>

namespace odometer::http {
namespace {

constexpr size_t kJoinedBytes = 16 << 10;
constexpr size_t kPiecesPerCall = 16;

}  // namespace

void OutputQueue::Append(std::string bytes) {
  if (bytes.empty()) return;
  bytes_ += bytes.size();
  if (!pieces_.empty() && pieces_.back().size() + bytes.size() <= kJoinedBytes) {
    pieces_.back().append(bytes);
  } else {
    pieces_.push_back(std::move(bytes));
  }
}

OutputQueue::Sent OutputQueue::SendTo(int socket, size_t max_bytes, size_t* taken) {
  while (bytes_ > 0) {
    if (*taken >= max_bytes) return Sent::kBlocked;
    std::array<iovec, kPiecesPerCall> parts;
    size_t count = 0;
    for (size_t offset = front_offset_; std::string& piece : pieces_) {
      if (count == parts.size()) break;
      parts[count++] = {piece.data() + offset, piece.size() - offset};
      offset = 0;
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::kBlocked : Sent::kFailed;
    }
    *taken += static_cast<size_t>(sent);
    RemoveFront(static_cast<size_t>(sent));
  }
  return Sent::kAll;
}

void OutputQueue::RemoveFront(size_t count) {
  bytes_ -= count;
  while (count > 0) {
    size_t left = pieces_.front().size() - front_offset_;
    if (count < left) {
      front_offset_ += count;
      return;
    }
    count -= left;
    front_offset_ = 0;
    pieces_.pop_front();
  }
}

}  // namespace odometer::http
