// What a task of the commands' topic knows: the definitions of its keys, and the outcomes of the latest requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/status.h"
#include "common/model/command.h"
#include "common/model/definition.h"

namespace odometer {

// So many requests of a task are remembered; past that the oldest is forgotten first.
inline constexpr uint32_t kRememberedRequests = 10'000;

// In memory, all of it: definitions are small. Not thread-safe. Movable.
class CommandState {
 public:
  // Null when there is none. Valid until the next change.
  const Definition* Find(const std::string& key) const;
  void Put(const std::string& key, Definition definition);
  void Erase(const std::string& key);
  size_t size() const { return definitions_.size(); }

  // The outcome of a request that was decided; null when it was not, or is forgotten.
  const CommandOutcome* FindRequest(const Command& command) const;
  // The slot, which says where the store keeps it, and the bytes for it.
  struct Remembered {
    uint32_t slot;
    std::string bytes;
  };
  Remembered Remember(const CommandOutcome& outcome);

  // For what was restored, in any order. kInvalid when it cannot be read.
  Status LoadDefinition(std::string_view key, std::string_view bytes);
  Status LoadRequest(uint32_t slot, std::string_view bytes);

  size_t MemoryBytes() const { return bytes_; }

 private:
  // A request_id is of one kind of command to one metric: under it another is another request.
  static std::string RequestKey(std::string_view org, std::string_view code, Command::Kind kind, std::string_view request_id);
  void Insert(uint32_t slot, CommandOutcome outcome);

  std::map<std::string, Definition, std::less<>> definitions_;
  std::vector<std::string> slots_;  // request keys; empty: none yet
  std::unordered_map<std::string, CommandOutcome> requests_;
  uint64_t next_sequence_ = 0;
  size_t bytes_ = 0;  // about
};

}  // namespace odometer
