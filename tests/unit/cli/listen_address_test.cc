#include "cli/control/listen_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/file_descriptor.h"

namespace odometer::cli {
namespace {

constexpr char kHeading[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

// A line of the table; only the fields that matter.
std::string Line(const std::string& local, const std::string& state, int inode) {
  return "   0: " + local + " 00000000:0000 " + state + " 00000000:00000000 00:00000000 00000000     0        0 " +
         std::to_string(inode) + " 1 00000000675b4721 100 0 0 10 0\n";
}

TEST(FindListener, TakesTheProcessesOwnListenerAlone) {
  const std::string table = kHeading + Line("0100007F:1B58", "0A", 1) +  // another process's
                            Line("0100007F:D946", "01", 2) +             // ours, but a connection
                            Line("0200007F:1F41", "0A", 3);
  EXPECT_EQ(FindListener(table, {2, 3}), "127.0.0.2:8001");
  EXPECT_EQ(FindListener(table, {2}), std::nullopt);
  EXPECT_EQ(FindListener("", {1}), std::nullopt);
}

TEST(FindListener, ReachesAListenerOnAllAddressesByLoopback) {
  EXPECT_EQ(FindListener(kHeading + Line("00000000:1F41", "0A", 3), {3}), "127.0.0.1:8001");
  EXPECT_EQ(FindListener(kHeading + Line("00000000000000000000000000000000:1F41", "0A", 3), {3}), "[::1]:8001");
}

TEST(FindListener, ReadsVersion6) {
  EXPECT_EQ(FindListener(kHeading + Line("B80D0120000000000000000001000000:1F41", "0A", 3), {3}), "[2001:db8::1]:8001");
}

TEST(ListenAddressOf, IsThatOfARealSocket) {
  const FileDescriptor listener(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);

  Result<std::optional<std::string>> found = ListenAddressOf(getpid());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, std::nullopt);  // not yet

  ASSERT_EQ(listen(listener.get(), 1), 0);
  ASSERT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  found = ListenAddressOf(getpid());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, "127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
}

}  // namespace
}  // namespace odometer::cli
