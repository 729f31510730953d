// A client that sends exactly the bytes it is told to, and a server to send them to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/http/server.h"

namespace odometer::http {

// An answer as it came over the wire. status 0: none came before the end of the connection.
struct RawAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string Header(const std::string& name) const {
    auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

// Blocks, and gives up after half a minute: only a defect takes that long.
class RawClient {
 public:
  explicit RawClient(int port, int receive_buffer_bytes = 0, bool ipv6 = false) {
    socket_ = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval patience{30, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    int one = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (receive_buffer_bytes > 0) {
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(receive_buffer_bytes));
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4.sin_port = htons(static_cast<uint16_t>(port));
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    v6.sin6_port = htons(static_cast<uint16_t>(port));
    connected_ = ipv6 ? connect(socket_, reinterpret_cast<sockaddr*>(&v6), sizeof(v6)) == 0
                      : connect(socket_, reinterpret_cast<sockaddr*>(&v4), sizeof(v4)) == 0;
  }
  ~RawClient() {
    if (socket_ >= 0) close(socket_);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  int socket_fd() const { return socket_; }

  // False when the server no longer takes it all.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void EndSending() { shutdown(socket_, SHUT_WR); }
  // The server sees a reset.
  void Abort() {
    linger abort{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    close(std::exchange(socket_, -1));
  }

  // The next answer; interim ones are answers too.
  RawAnswer Read(bool to_head = false) {
    RawAnswer answer;
    size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return answer;
    }
    ParseHead(received_.substr(0, end + 2), &answer);
    received_.erase(0, end + 4);
    if (to_head || answer.status < 200 || answer.status == 204 || answer.status == 304) return answer;
    if (answer.Header("transfer-encoding") == "chunked") {
      ReadChunks(&answer);
    } else if (answer.headers.contains("content-length")) {
      answer.body = Take(std::stoul(answer.Header("content-length")));
    } else {
      while (Receive()) {
      }
      answer.body = std::exchange(received_, {});
    }
    return answer;
  }
  RawAnswer Ask(std::string_view bytes) {
    Send(bytes);
    return Read();
  }
  // Whether nothing more comes, because the server has closed its side in good order.
  bool AtEnd() {
    if (!received_.empty()) return false;
    char byte = 0;
    return recv(socket_, &byte, 1, 0) == 0;
  }
  // Whether the connection is over, be it by a reset.
  bool Gone() {
    char byte = 0;
    return recv(socket_, &byte, 1, 0) <= 0 && errno != EAGAIN;
  }
  // Of what comes next.
  std::string Take(size_t count) {
    while (received_.size() < count && Receive()) {
    }
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

 private:
  bool Receive() {
    char buffer[64 << 10];
    ssize_t count = recv(socket_, buffer, sizeof(buffer), 0);
    if (count > 0) received_.append(buffer, static_cast<size_t>(count));
    return count > 0;
  }
  std::string TakeLine() {
    size_t end = 0;
    while ((end = received_.find("\r\n")) == std::string::npos) {
      if (!Receive()) return "";
    }
    std::string line = received_.substr(0, end);
    received_.erase(0, end + 2);
    return line;
  }
  void ReadChunks(RawAnswer* answer) {
    while (true) {
      std::string size_line = TakeLine();
      if (size_line.empty()) {
        answer->status = 0;  // cut off
        return;
      }
      size_t size = std::stoul(size_line, nullptr, 16);
      answer->body.append(Take(size));
      Take(2);
      if (size == 0) return;
    }
  }
  static void ParseHead(const std::string& head, RawAnswer* answer) {
    answer->status = std::stoi(head.substr(9, 3));
    size_t line = head.find("\r\n") + 2;
    while (line < head.size()) {
      size_t end = head.find("\r\n", line);
      size_t colon = head.find(": ", line);
      std::string name = head.substr(line, colon - line);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      EXPECT_TRUE(answer->headers.emplace(name, head.substr(colon + 2, end - colon - 2)).second) << name << " twice";
      line = end + 2;
    }
  }

  int socket_ = -1;
  bool connected_ = false;
  std::string received_;
};

// A started server. Its router says what it serves.
class TestServer {
 public:
  explicit TestServer(Router router, ServerOptions options = {}, Metrics* metrics = nullptr)
      : server_(NewServer("test", std::move(options), std::move(router), metrics)) {
    Status status = server_->Start();
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  int port() const { return server_->port(); }
  Server& server() { return *server_; }
  // A new connection's answer to `bytes`.
  RawAnswer Ask(std::string_view bytes) { return RawClient(port()).Ask(bytes); }

 private:
  std::unique_ptr<Server> server_;
};

// "GET <target>" with the one header that HTTP/1.1 needs.
inline std::string Get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n";
}
inline std::string Post(const std::string& target, const std::string& body, const std::string& headers = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

// GET /hello answers "hello"; POST /echo its body; GET /show the request as the handler sees it.
inline Router EchoRouter() {
  Router router;
  router.AddSimple(Method::kGet, "/hello", [](const Request&) { return Response::Text(200, "hello"); });
  router.AddSimple(Method::kPost, "/echo", [](const Request& request) { return Response::Text(200, request.body); });
  router.AddSimple(Method::kGet, "/show/{name}", [](const Request& request) {
    std::string text = "name=" + request.path_params.at(0);
    for (const auto& [key, value] : request.query) text += "|" + key + "=" + value;
    return Response::Text(200, text);
  });
  return router;
}

}  // namespace odometer::http
