#include "rules/field_table.h"

#include "common/base/parse_integer.h"

namespace odometer::rules {
namespace {

// RFC 6901, 4: digits without leading zeros.
std::optional<uint64_t> ListIndex(std::string_view token) {
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  return ParseInteger<uint64_t>(token);
}

}  // namespace

uint32_t FieldTable::Child(uint32_t node, const std::string& token) {
  for (uint32_t child : nodes_[node].children) {
    if (nodes_[child].token == token) return child;
  }
  const auto child = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({token, ListIndex(token), Node::kNoField, {}});
  nodes_[node].children.push_back(child);
  return child;
}

FieldId FieldTable::Add(std::string_view pointer, const std::vector<std::string>& tokens) {
  uint32_t node = kRoot;
  for (const std::string& token : tokens) node = Child(node, token);
  FieldId& field = nodes_[node].field;
  if (field == Node::kNoField) {
    field = static_cast<FieldId>(pointers_.size());
    pointers_.emplace_back(pointer);
  }
  return field;
}

}  // namespace odometer::rules
