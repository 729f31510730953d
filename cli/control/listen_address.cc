#include "cli/control/listen_address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "common/base/parse_integer.h"
#include "common/base/text_file.h"

namespace odometer::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";
constexpr size_t kHexWord = 8;

std::optional<uint32_t> Hex(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "0100007F:1F40", or four such words for IPv6: each as the processor reads it, though it lies in network order.
std::optional<std::string> Address(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != kHexWord && colon != 4 * kHexWord) return std::nullopt;
  std::array<uint32_t, 4> words{};
  for (size_t i = 0; i < colon / kHexWord; ++i) {
    const std::optional<uint32_t> word = Hex(text.substr(i * kHexWord, kHexWord));
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const std::optional<uint32_t> port = Hex(text.substr(colon + 1));
  if (!port) return std::nullopt;
  const bool everywhere = words == std::array<uint32_t, 4>{};
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (colon == kHexWord) {
    if (everywhere) return fmt::format("127.0.0.1:{}", *port);
    inet_ntop(AF_INET, words.data(), host.data(), host.size());
    return fmt::format("{}:{}", host.data(), *port);
  }
  if (everywhere) return fmt::format("[::1]:{}", *port);
  inet_ntop(AF_INET6, words.data(), host.data(), host.size());
  return fmt::format("[{}]:{}", host.data(), *port);
}

Result<std::set<uint64_t>> SocketsOf(const std::string& process) {
  std::set<uint64_t> inodes;
  std::error_code error;
  fs::directory_iterator entries(process + "/fd", error);
  if (error == std::errc::permission_denied) return Status::Stop("this user may not see where it listens");
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code closed;  // meanwhile
    const std::string target = fs::read_symlink(entries->path(), closed).string();
    constexpr std::string_view kSocket = "socket:[";
    if (closed || !target.starts_with(kSocket)) continue;
    const std::string_view number = std::string_view(target).substr(kSocket.size(), target.size() - kSocket.size() - 1);
    if (const std::optional<uint64_t> inode = odometer::ParseInteger<uint64_t>(number)) inodes.insert(*inode);
  }
  return inodes;
}

}  // namespace

std::optional<std::string> FindListener(std::string_view table, const std::set<uint64_t>& inodes) {
  std::istringstream lines{std::string(table)};
  std::string line;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string number, local, remote, state, queues, timer, retransmits, user, timeout;
    uint64_t inode = 0;
    fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
    if (!fields || state != kListening || !inodes.contains(inode)) continue;
    if (std::optional<std::string> address = Address(local)) return address;
  }
  return std::nullopt;
}

Result<std::optional<std::string>> ListenAddressOf(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  Result<std::set<uint64_t>> inodes = SocketsOf(process);
  if (!inodes.ok()) return inodes.status();
  if (inodes->empty()) return std::optional<std::string>();
  for (const char* table : {"/net/tcp", "/net/tcp6"}) {
    const Result<std::string> text = ReadTextFile(process + table);
    if (!text.ok()) continue;
    if (std::optional<std::string> address = FindListener(*text, *inodes)) return address;
  }
  return std::optional<std::string>();
}

}  // namespace odometer::cli
