// The bytes that a connection has still to send.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

namespace odometer::http {

// Not thread-safe. Small pieces are joined, large ones are kept as they are, without a copy.
class OutputQueue {
 public:
  enum class Sent { kAll, kBlocked, kFailed };

  void Append(std::string bytes);
  size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

  // Writes to the non-blocking socket until it takes no more, or max_bytes are written: then kBlocked with
  // *taken >= max_bytes. Adds to *taken what was written.
  Sent SendTo(int socket, size_t max_bytes, size_t* taken);

 private:
  void RemoveFront(size_t count);

  std::deque<std::string> pieces_;
  size_t front_offset_ = 0;  // how much of the first piece is already sent
  size_t bytes_ = 0;
};

}  // namespace odometer::http
