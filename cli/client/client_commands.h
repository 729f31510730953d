// `odometer track` and `odometer get`: small clients of the HTTP APIs.
#pragma once

#include <string>

namespace odometer::cli {

struct TrackRequest {
  std::string server = "http://127.0.0.1:8000";
  std::string key;
  std::string value = "1";
  std::string token;  // empty: none
  int timeout_ms = 30'000;
};

struct GetRequest {
  std::string server = "http://127.0.0.1:7000";
  std::string key;
  std::string type = "counter";
  std::string from;        // each empty: not sent
  std::string to;
  std::string period;
  std::string timezone;
  std::string min_offset;
  std::string token;
  int timeout_ms = 60'000;
};

// Counts, and prints the offset that the record got. The process's exit code.
int RunTrack(const TrackRequest& request);
// Prints the answer. The process's exit code.
int RunGet(const GetRequest& request);

}  // namespace odometer::cli
