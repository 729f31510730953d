// All fields that a rules file looks at, so that one pass over a record finds them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace odometer::rules {

using FieldId = uint32_t;  // from 0, in the order of Add

// Immutable once it is filled: then any thread may read it.
class FieldTable {
 public:
  // A node of the tree of all pointers' tokens.
  struct Node {
    static constexpr FieldId kNoField = UINT32_MAX;

    std::string token;
    std::optional<uint64_t> index;  // the token as the index of an item of a list
    FieldId field = kNoField;       // whose pointer ends here
    std::vector<uint32_t> children;
  };
  static constexpr uint32_t kRoot = 0;
  // Of a list, this token is the number of its items: no list has a member of that name.
  static constexpr std::string_view kLength = "length";

  FieldTable() : nodes_(1) {}

  // The field of that pointer, whose tokens are given too; the same for the same tokens.
  FieldId Add(std::string_view pointer, const std::vector<std::string>& tokens);

  size_t size() const { return pointers_.size(); }
  const std::string& pointer(FieldId field) const { return pointers_[field]; }
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  uint32_t Child(uint32_t node, const std::string& token);

  std::vector<Node> nodes_;
  std::vector<std::string> pointers_;  // by field, as first written
};

}  // namespace odometer::rules
