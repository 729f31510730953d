#include "ingest/statsd_listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/file_descriptor.h"
#include "common/base/log.h"
#include "common/http/listen_address.h"

namespace odometer {
namespace {

constexpr int kReceiveBufferBytes = 4 << 20;  // as far as the system allows
constexpr size_t kMaxPacketBytes = 64 << 10;
constexpr int kPacketsPerTurn = 256;  // then connections have theirs
constexpr int kPacketsAtStop = 4096;
constexpr int kReadsAtStop = 64;  // of a connection
constexpr int kRestMs = 100;  // after a connection could not be accepted

struct AddressList {
  addrinfo* first = nullptr;
  ~AddressList() {
    if (first != nullptr) freeaddrinfo(first);
  }
};

Status SystemError(const std::string& what) { return Status::Stop(what + ": " + std::strerror(errno)); }

Result<FileDescriptor> Bind(const addrinfo& address, int type, uint16_t port) {
  sockaddr_storage to{};
  std::memcpy(&to, address.ai_addr, address.ai_addrlen);
  if (address.ai_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&to)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&to)->sin_port = htons(port);
  }
  FileDescriptor fd(socket(address.ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return SystemError("socket");
  const int on = 1;
  if (type == SOCK_STREAM) (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (type == SOCK_DGRAM) {
    (void)setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof(kReceiveBufferBytes));
    (void)setsockopt(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
  }
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&to), address.ai_addrlen) != 0) return SystemError("bind");
  if (type == SOCK_STREAM && listen(fd.get(), SOMAXCONN) != 0) return SystemError("listen");
  return fd;
}

uint16_t PortOf(const FileDescriptor& fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

enum class Received {
  kSome,
  kNothing,
  kEnd,     // all that there was
  kBroken,  // or more than is taken
};

struct Connection {
  FileDescriptor fd;
  std::string unfinished;  // the beginning of a line
};

class SocketListener final : public StatsdListener {
 public:
  SocketListener(FileDescriptor udp, FileDescriptor tcp, FileDescriptor wake, Sink sink, Metrics* metrics)
      : udp_(std::move(udp)),
        tcp_(std::move(tcp)),
        wake_(std::move(wake)),
        port_(PortOf(tcp_)),
        sink_(std::move(sink)),
        udp_bytes_(metrics->Counter("odometer_statsd_received_bytes_total", "What was received.", {{"transport", "udp"}})),
        tcp_bytes_(metrics->Counter("odometer_statsd_received_bytes_total", "What was received.", {{"transport", "tcp"}})),
        lost_packets_(metrics->Counter("odometer_statsd_lost_packets_total",
                                       "UDP packets that the system dropped because they came too fast.")),
        refused_connections_(metrics->Counter("odometer_statsd_refused_connections_total",
                                              "TCP connections that were one too many.")),
        connection_count_(metrics->Gauge("odometer_statsd_connections", "Open TCP connections.")) {
    thread_ = std::thread([this] { Run(); });
  }
  ~SocketListener() override { Stop(); }

  uint16_t port() const override { return port_; }

  void Stop() override {
    if (!thread_.joinable()) return;
    stopping_ = true;
    const uint64_t one = 1;
    (void)!write(wake_.get(), &one, sizeof(one));
    thread_.join();
    connections_.clear();
    connection_count_.Set(0);
  }

 private:
  void Run() {
    std::vector<pollfd> polled;
    while (!stopping_) {
      polled.assign({{wake_.get(), POLLIN, 0}, {udp_.get(), POLLIN, 0}, {resting_ ? -1 : tcp_.get(), POLLIN, 0}});
      for (const Connection& connection : connections_) polled.push_back({connection.fd.get(), POLLIN, 0});
      const int ready = poll(polled.data(), polled.size(), resting_ ? kRestMs : -1);
      resting_ = false;
      if (ready <= 0) continue;
      if (polled[1].revents != 0) ReceivePackets(kPacketsPerTurn);
      ReceiveFromConnections(polled, 3);
      if (polled[2].revents != 0) Accept();
    }
    ReceivePackets(kPacketsAtStop);
    for (Connection& connection : connections_) ReceiveRest(&connection);
  }

  void ReceivePackets(int at_most) {
    for (int i = 0; i < at_most; ++i) {
      iovec buffer{buffer_.data(), buffer_.size()};
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(uint32_t))> control;
      msghdr message{};
      message.msg_iov = &buffer;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t bytes = recvmsg(udp_.get(), &message, 0);
      if (bytes < 0) return;
      CountLost(&message);
      udp_bytes_.Increment(static_cast<double>(bytes));
      sink_.take({buffer_.data(), static_cast<size_t>(bytes)});
    }
  }

  // The system tells with a packet how many it had dropped before.
  void CountLost(msghdr* message) {
    for (cmsghdr* at = CMSG_FIRSTHDR(message); at != nullptr; at = CMSG_NXTHDR(message, at)) {
      if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SO_RXQ_OVFL) continue;
      uint32_t lost = 0;
      std::memcpy(&lost, CMSG_DATA(at), sizeof(lost));
      lost_packets_.Increment(lost - lost_before_);
      lost_before_ = lost;
    }
  }

  void Accept() {
    FileDescriptor accepted(accept4(tcp_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!accepted.valid()) {
      // Out of descriptors, for one: it would be ready again at once.
      resting_ = errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNABORTED && errno != EINTR;
      return;
    }
    if (connections_.size() >= kMaxConnections) {
      refused_connections_.Increment();
      return;
    }
    const int on = 1;  // peers that have gone without a word give their place back
    (void)setsockopt(accepted.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    connections_.push_back({std::move(accepted), {}});
    connection_count_.Set(static_cast<double>(connections_.size()));
  }

  void ReceiveFromConnections(const std::vector<pollfd>& polled, size_t first) {
    size_t kept = 0;
    for (size_t i = 0; i < connections_.size(); ++i) {
      Connection& connection = connections_[i];
      const Received received = polled[first + i].revents != 0 ? Receive(&connection) : Received::kNothing;
      if (received == Received::kEnd || received == Received::kBroken) {
        Finish(received, &connection);
        continue;
      }
      if (kept != i) connections_[kept] = std::move(connection);
      ++kept;
    }
    if (kept == connections_.size()) return;
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(kept), connections_.end());
    connection_count_.Set(static_cast<double>(kept));
  }

  Received Receive(Connection* connection) {
    const ssize_t bytes = recv(connection->fd.get(), buffer_.data(), buffer_.size(), 0);
    if (bytes < 0) {
      return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Received::kNothing : Received::kBroken;
    }
    if (bytes == 0) return Received::kEnd;
    tcp_bytes_.Increment(static_cast<double>(bytes));
    const std::string_view received(buffer_.data(), static_cast<size_t>(bytes));
    const size_t end = received.rfind('\n');
    std::string& unfinished = connection->unfinished;
    if (end != std::string_view::npos) {
      if (unfinished.empty()) {
        sink_.take(received.substr(0, end + 1));
      } else {
        sink_.take(unfinished.append(received.substr(0, end + 1)));
      }
      // Not its memory: there may be many connections.
      unfinished = std::string(received.substr(end + 1));
    } else {
      unfinished.append(received);
    }
    if (unfinished.size() <= kMaxLineBytes) return Received::kSome;
    sink_.refuse(RejectReason::kTooLarge, unfinished);
    unfinished.clear();
    return Received::kBroken;
  }

  void ReceiveRest(Connection* connection) {
    Received received = Received::kSome;
    for (int i = 0; i < kReadsAtStop && received == Received::kSome; ++i) received = Receive(connection);
    Finish(received, connection);
  }

  // A line that is cut may be read as another one ("a:1|c" of "a:1|c|@0.1"), so only the last one of a connection that
  // its peer has closed may go without its end.
  void Finish(Received received, Connection* connection) {
    if (connection->unfinished.empty()) return;
    if (received == Received::kEnd) {
      sink_.take(connection->unfinished);
    } else {
      sink_.refuse(RejectReason::kMalformed, connection->unfinished);
    }
    connection->unfinished.clear();
  }

  const FileDescriptor udp_, tcp_, wake_;
  const uint16_t port_;
  const Sink sink_;
  prometheus::Counter &udp_bytes_, &tcp_bytes_, &lost_packets_, &refused_connections_;
  prometheus::Gauge& connection_count_;
  std::atomic<bool> stopping_ = false;
  // Of the thread, until it has ended.
  std::vector<Connection> connections_;
  std::vector<char> buffer_ = std::vector<char>(kMaxPacketBytes);
  uint32_t lost_before_ = 0;
  bool resting_ = false;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<StatsdListener>> StatsdListener::Start(const std::string& address, Sink sink, Metrics* metrics) {
  const std::optional<http::ListenAddress> parsed = http::ParseListenAddress(address);
  if (!parsed) return Status::Invalid("statsd: '" + address + "' is no address");
  std::string host = parsed->host == "localhost" ? "127.0.0.1" : parsed->host;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  AddressList found;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found.first) != 0) {
    return Status::Invalid("statsd: the host of " + address + " must be an IP address");
  }
  FileDescriptor wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid()) return SystemError("eventfd");
  constexpr int kAttempts = 20;  // a port that is free for TCP may be taken for UDP
  for (int attempt = 1;; ++attempt) {
    Result<FileDescriptor> tcp = Bind(*found.first, SOCK_STREAM, parsed->port);
    if (!tcp.ok()) return tcp.status().WithContext("statsd " + address);
    Result<FileDescriptor> udp = Bind(*found.first, SOCK_DGRAM, PortOf(*tcp));
    if (!udp.ok()) {
      if (parsed->port == 0 && attempt < kAttempts) continue;
      return udp.status().WithContext("statsd " + address);
    }
    auto listener = std::make_unique<SocketListener>(std::move(*udp), std::move(*tcp), std::move(wake), std::move(sink),
                                                     metrics);
    LogInfo("ingest", "statsd listens on {}:{}, UDP and TCP", parsed->host, listener->port());
    return Result<std::unique_ptr<StatsdListener>>(std::move(listener));
  }
}

}  // namespace odometer
