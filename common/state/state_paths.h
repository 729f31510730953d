// What lies where in an instance's state folder, which the processor writes and the query process reads.
#pragma once

#include <string>

namespace odometer {

inline std::string StateDatabasePath(const std::string& state_dir) { return state_dir + "/db"; }
inline std::string StateSocketPath(const std::string& state_dir) { return state_dir + "/state.sock"; }
// RocksDB's own log of the read-only follower that the query process opens.
inline std::string StateFollowerPath(const std::string& state_dir) { return state_dir + "/follower"; }

}  // namespace odometer
