// Unix sockets with paths of any length and reads and writes with a deadline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/file_descriptor.h"
#include "common/base/status.h"

namespace odometer {

// Listens at the path, with mode 0600, in place of a socket that is there already. Non-blocking.
// kStop when something else than a socket is there, or the folder is not.
Result<FileDescriptor> ListenUnix(const std::string& path);
// kRetry when nobody listens there.
Result<FileDescriptor> ConnectUnix(const std::string& path);

// All of the bytes, by `deadline_ms` of SystemClock's SteadyMs(). kRetry when the other side has gone or is too slow.
// The sockets must be non-blocking.
Status SendAll(int fd, std::string_view bytes, int64_t deadline_ms);
Status ReceiveAll(int fd, char* bytes, size_t size, int64_t deadline_ms);

// A whole frame's body (state_protocol.h). kInvalid when it is longer than max_body_bytes, else as ReceiveAll.
// Its first byte must come by `first_by_ms` (SystemClock's SteadyMs(); kForever: a connection may stay silent), the
// rest within rest_ms of that.
Result<std::string> ReceiveFrame(int fd, size_t max_body_bytes, int64_t first_by_ms, int rest_ms);

}  // namespace odometer
