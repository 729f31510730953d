// Real sockets on loopback.
#include "ingest/statsd_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/file_descriptor.h"
#include "common/base/mutex.h"

namespace odometer {
namespace {

constexpr int64_t kEnoughMs = 60'000;  // for what is sure to happen

class StatsdListenerTest : public testing::Test {
 protected:
  StatsdListenerTest() {
    Result<std::unique_ptr<StatsdListener>> started = StatsdListener::Start(
        "127.0.0.1:0",
        {[this](std::string_view lines) { Add(std::string(lines) + "|"); },
         [this](RejectReason reason, std::string_view line) {
           Add(std::string(RejectReasonName(reason)) + ": " + std::string(line.substr(0, 10)) + "|");
         }},
        &metrics_);
    EXPECT_TRUE(started.ok()) << started.status().ToString();
    listener_ = std::move(*started);
  }
  ~StatsdListenerTest() override { listener_->Stop(); }

  void Add(const std::string& text) {
    MutexLock lock(mutex_);
    taken_ += text;
    changed_.NotifyOne();
  }
  // Once it has that many bytes.
  std::string Taken(size_t bytes) {
    MutexLock lock(mutex_);
    while (taken_.size() < bytes) changed_.WaitFor(mutex_, kEnoughMs);
    return taken_;
  }
  FileDescriptor Connected(int type) {
    FileDescriptor fd(socket(AF_INET, type, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(listener_->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    return fd;
  }
  static void Send(const FileDescriptor& fd, std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // Waits for the other side to close.
  static bool IsClosed(const FileDescriptor& fd) {
    char byte = 0;
    return recv(fd.get(), &byte, 1, 0) <= 0;
  }

  Metrics metrics_;
  Mutex mutex_;
  CondVar changed_;
  std::string taken_ ODOMETER_GUARDED_BY(mutex_);
  std::unique_ptr<StatsdListener> listener_;
};

TEST_F(StatsdListenerTest, TakesPackets) {
  const FileDescriptor client = Connected(SOCK_DGRAM);
  Send(client, "a:1|c\nb:1|c");
  Send(client, "c:1|c\n");
  EXPECT_EQ(Taken(19), "a:1|c\nb:1|c|c:1|c\n|");
}

TEST_F(StatsdListenerTest, TakesLinesOfConnections) {
  const FileDescriptor one = Connected(SOCK_STREAM);
  const FileDescriptor other = Connected(SOCK_STREAM);
  Send(one, "a:1|c\nb:");
  EXPECT_EQ(Taken(7), "a:1|c\n|");
  Send(other, "c:1|c\n");
  EXPECT_EQ(Taken(14), "a:1|c\n|c:1|c\n|");
  Send(one, "1|c\n");
  EXPECT_EQ(Taken(21), "a:1|c\n|c:1|c\n|b:1|c\n|");
}

TEST_F(StatsdListenerTest, TheLastLineOfAConnectionNeedsNoEnd) {
  {
    const FileDescriptor client = Connected(SOCK_STREAM);
    Send(client, "a:1|c");
  }
  EXPECT_EQ(Taken(6), "a:1|c|");
}

TEST_F(StatsdListenerTest, ALineThatIsCutIsNotTaken) {
  const FileDescriptor open = Connected(SOCK_STREAM);
  {
    const FileDescriptor reset = Connected(SOCK_STREAM);
    Send(reset, "a:1|c\nb:1|c");
    EXPECT_EQ(Taken(7), "a:1|c\n|");
    const linger at_once{1, 0};
    ASSERT_EQ(setsockopt(reset.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
  }
  EXPECT_EQ(Taken(24), "a:1|c\n|malformed: b:1|c|");
  Send(open, "c:1|c\nd:1|c");
  EXPECT_EQ(Taken(31), "a:1|c\n|malformed: b:1|c|c:1|c\n|");
  listener_->Stop();
  EXPECT_EQ(Taken(0), "a:1|c\n|malformed: b:1|c|c:1|c\n|malformed: d:1|c|");
}

TEST_F(StatsdListenerTest, ClosesAConnectionWhoseLineDoesNotEnd) {
  const FileDescriptor client = Connected(SOCK_STREAM);
  Send(client, std::string(StatsdListener::kMaxLineBytes + 1, 'a'));
  EXPECT_EQ(Taken(22), "too_large: aaaaaaaaaa|");
  EXPECT_TRUE(IsClosed(client));
}

TEST_F(StatsdListenerTest, ClosesConnectionsPastItsLimit) {
  std::vector<FileDescriptor> clients;
  for (size_t i = 0; i < StatsdListener::kMaxConnections; ++i) clients.push_back(Connected(SOCK_STREAM));
  const FileDescriptor one_more = Connected(SOCK_STREAM);
  EXPECT_TRUE(IsClosed(one_more));
  clients.pop_back();
  Send(clients.front(), "a:1|c\n");
  EXPECT_EQ(Taken(7), "a:1|c\n|");
}

TEST_F(StatsdListenerTest, TakesWhatHasArrivedWhenItStops) {
  const FileDescriptor packets = Connected(SOCK_DGRAM);
  for (int i = 0; i < 100; ++i) Send(packets, "a:1|c\n");
  listener_->Stop();
  EXPECT_EQ(Taken(0).size(), 700u);
  listener_->Stop();
}

TEST(StatsdListener, SaysWhyItCannotStart) {
  Metrics metrics;
  auto start = [&](const std::string& address) {
    Result<std::unique_ptr<StatsdListener>> started =
        StatsdListener::Start(address, {[](std::string_view) {}, [](RejectReason, std::string_view) {}}, &metrics);
    return started.ok() ? "port " + std::to_string((*started)->port()) : started.status().ToString();
  };
  EXPECT_THAT(start("nonsense"), testing::HasSubstr("no address"));
  EXPECT_THAT(start("example.org:8125"), testing::HasSubstr("must be an IP address"));
  EXPECT_THAT(start("192.0.2.1:8125"), testing::HasSubstr("bind"));
  EXPECT_THAT(start("[::1]:0"), testing::AnyOf(testing::HasSubstr("port "), testing::HasSubstr("socket")));
  EXPECT_THAT(start("localhost:0"), testing::HasSubstr("port "));
}

}  // namespace
}  // namespace odometer
