#include "common/state/unix_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/clock.h"
#include "common/state/state_protocol.h"

namespace odometer {
namespace {

std::string ErrorText(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe): glibc's is safe

// A socket's address holds 107 bytes of path. A longer one goes by way of its folder's descriptor, which must stay open
// while the address is used.
struct Address {
  sockaddr_un sun{};
  FileDescriptor folder;
};

Result<Address> AddressOf(const std::string& path) {
  Address address;
  address.sun.sun_family = AF_UNIX;
  std::string short_path = path;
  if (path.size() >= sizeof(address.sun.sun_path)) {
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    address.folder = FileDescriptor(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.folder.valid()) return Status::Retry("the folder of " + path + ": " + ErrorText(errno));
    short_path = "/proc/self/fd/" + std::to_string(address.folder.get()) + "/" +
                 (slash == std::string::npos ? path : path.substr(slash + 1));
  }
  if (short_path.size() >= sizeof(address.sun.sun_path)) {
    return Status::Stop("the file name of the socket " + path + " is too long");
  }
  std::memcpy(address.sun.sun_path, short_path.c_str(), short_path.size() + 1);
  return address;
}

Result<FileDescriptor> NewSocket() {
  FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return Status::Retry("no socket: " + ErrorText(errno));
  return fd;
}

// OK: reading or writing will not block (it may find that the other side has gone).
Status WaitFor(int fd, short events, int64_t deadline_ms) {
  while (true) {
    const int64_t left_ms = deadline_ms - SystemClock().SteadyMs();
    if (left_ms <= 0) return Status::Retry("the other side takes too long");
    pollfd poll_fd{.fd = fd, .events = events, .revents = 0};
    const int ready = poll(&poll_fd, 1, static_cast<int>(std::min<int64_t>(left_ms, 60'000)));
    if (ready > 0) return Status::Ok();
    if (ready < 0 && errno != EINTR) return Status::Retry("poll: " + ErrorText(errno));
  }
}

Status RemoveOldSocket(const std::string& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return Status::Ok();
  if (!S_ISSOCK(info.st_mode)) {
    return Status::Stop(path + " is there and is no socket: move it away, or use another state folder");
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) {
    return Status::Stop("the old socket " + path + " cannot be removed (" + ErrorText(errno) + "): remove it");
  }
  return Status::Ok();
}

}  // namespace

Result<FileDescriptor> ListenUnix(const std::string& path) {
  ODOMETER_RETURN_IF_ERROR(RemoveOldSocket(path));
  Result<Address> address = AddressOf(path);
  if (!address.ok()) return Status::Stop(address.status().message());
  Result<FileDescriptor> fd = NewSocket();
  if (!fd.ok()) return fd;
  // Linux gives the file the socket's own mode, so that at no moment anybody else may connect.
  if (fchmod(fd->get(), 0600) != 0 ||
      bind(fd->get(), reinterpret_cast<const sockaddr*>(&address->sun), sizeof(address->sun)) != 0 ||
      chmod(path.c_str(), 0600) != 0 || listen(fd->get(), SOMAXCONN) != 0) {
    return Status::Stop("cannot listen at " + path + " (" + ErrorText(errno) +
                        "): check the folder and its permissions");
  }
  return fd;
}

Result<FileDescriptor> ConnectUnix(const std::string& path) {
  Result<Address> address = AddressOf(path);
  if (!address.ok()) return address.status();
  Result<FileDescriptor> fd = NewSocket();
  if (!fd.ok()) return fd;
  // A Unix socket connects at once or not at all, even a non-blocking one.
  if (connect(fd->get(), reinterpret_cast<const sockaddr*>(&address->sun), sizeof(address->sun)) != 0) {
    return Status::Retry("connecting to " + path + ": " + ErrorText(errno));
  }
  return fd;
}

Status SendAll(int fd, std::string_view bytes, int64_t deadline_ms) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      ODOMETER_RETURN_IF_ERROR(WaitFor(fd, POLLOUT, deadline_ms));
    } else if (errno != EINTR) {
      return Status::Retry("sending: " + ErrorText(errno));
    }
  }
  return Status::Ok();
}

Status ReceiveAll(int fd, char* bytes, size_t size, int64_t deadline_ms) {
  while (size > 0) {
    const ssize_t received = recv(fd, bytes, size, 0);
    if (received > 0) {
      bytes += received;
      size -= static_cast<size_t>(received);
    } else if (received == 0) {
      return Status::Retry("the other side has closed the connection");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      ODOMETER_RETURN_IF_ERROR(WaitFor(fd, POLLIN, deadline_ms));
    } else if (errno != EINTR) {
      return Status::Retry("receiving: " + ErrorText(errno));
    }
  }
  return Status::Ok();
}

Result<std::string> ReceiveFrame(int fd, size_t max_body_bytes, int64_t first_by_ms, int rest_ms) {
  char length[kFrameLengthBytes];
  ODOMETER_RETURN_IF_ERROR(ReceiveAll(fd, length, 1, first_by_ms));
  const int64_t deadline_ms = SystemClock().SteadyMs() + rest_ms;
  ODOMETER_RETURN_IF_ERROR(ReceiveAll(fd, length + 1, sizeof(length) - 1, deadline_ms));
  const size_t size = FrameBodyBytes({length, sizeof(length)});
  if (size > max_body_bytes) {
    return Status::Invalid("a frame of " + std::to_string(size) + " bytes, at most " + std::to_string(max_body_bytes) +
                           " are allowed");
  }
  std::string body(size, '\0');
  ODOMETER_RETURN_IF_ERROR(ReceiveAll(fd, body.data(), size, deadline_ms));
  return body;
}

}  // namespace odometer
