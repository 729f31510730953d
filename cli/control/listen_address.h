// Where a process listens, asked of the kernel: that is true whatever the configuration says now, with port 0 too, and
// never the address of another process that has taken the port.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace odometer::cli {

// The TCP address host:port at which the process listens, as this machine reaches it: a listener on all addresses is
// reached on loopback. None: it does not listen. kStop: this user may not know. Requires a process with one listener.
Result<std::optional<std::string>> ListenAddressOf(pid_t pid);

// The same, from the inodes of the process's sockets and a text in the form of /proc/net/tcp or tcp6, see proc(5).
std::optional<std::string> FindListener(std::string_view table, const std::set<uint64_t>& inodes);

}  // namespace odometer::cli
