#include "processor/command_state.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"

namespace odometer {
namespace {

constexpr uint8_t kVersion = 1;
// Of one entry besides its texts, about: the definition itself, and what the containers add.
constexpr size_t kEntryBytes = 400;

size_t BytesOf(const Definition& definition) {
  return kEntryBytes + 2 * (definition.org.size() + definition.code.size()) + definition.name.size();
}
size_t BytesOf(const CommandOutcome& outcome) {
  return kEntryBytes + 3 * (outcome.org.size() + outcome.code.size() + outcome.request_id.size()) +
         (outcome.definition ? BytesOf(*outcome.definition) : 0);
}

}  // namespace

const Definition* CommandState::Find(const std::string& key) const {
  auto found = definitions_.find(key);
  return found == definitions_.end() ? nullptr : &found->second;
}

void CommandState::Put(const std::string& key, Definition definition) {
  Erase(key);
  bytes_ += BytesOf(definition);
  definitions_.emplace(key, std::move(definition));
}

void CommandState::Erase(const std::string& key) {
  auto found = definitions_.find(key);
  if (found == definitions_.end()) return;
  bytes_ -= BytesOf(found->second);
  definitions_.erase(found);
}

std::string CommandState::RequestKey(std::string_view org, std::string_view code, Command::Kind kind,
                                     std::string_view request_id) {
  // The length first: whatever ids and orgs hold, no two requests have one key.
  std::string key = std::to_string(static_cast<int>(kind)) + "/" + std::to_string(request_id.size());
  key.append("/").append(request_id).append("/").append(DefinitionKey(org, code));
  return key;
}

const CommandOutcome* CommandState::FindRequest(const Command& command) const {
  auto found = requests_.find(RequestKey(command.org, command.code, command.kind, command.request_id));
  return found == requests_.end() ? nullptr : &found->second;
}

CommandState::Remembered CommandState::Remember(const CommandOutcome& outcome) {
  Remembered remembered{static_cast<uint32_t>(next_sequence_ % kRememberedRequests), {}};
  ByteWriter out(&remembered.bytes);
  out.U8(kVersion);
  out.Varint(next_sequence_);
  out.Blob(EncodeOutcome(outcome));
  ++next_sequence_;
  Insert(remembered.slot, outcome);
  return remembered;
}

void CommandState::Insert(uint32_t slot, CommandOutcome outcome) {
  if (slots_.size() <= slot) slots_.resize(slot + 1);
  if (auto oldest = requests_.find(slots_[slot]); oldest != requests_.end()) {
    bytes_ -= BytesOf(oldest->second);
    requests_.erase(oldest);
  }
  slots_[slot] = RequestKey(outcome.org, outcome.code, outcome.kind, outcome.request_id);
  bytes_ += BytesOf(outcome);
  requests_.emplace(slots_[slot], std::move(outcome));
}

Status CommandState::LoadDefinition(std::string_view key, std::string_view bytes) {
  Result<Definition> definition = DecodeDefinition(bytes);
  if (!definition.ok()) return definition.status();
  Put(std::string(key), std::move(*definition));
  return Status::Ok();
}

Status CommandState::LoadRequest(uint32_t slot, std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  const uint64_t sequence = in.Varint();
  const std::string_view encoded = in.Blob();
  if (!in.Done() || version != kVersion || slot >= kRememberedRequests) {
    return Status::Invalid("malformed outcome of a request, or one of another version");
  }
  Result<CommandOutcome> outcome = DecodeOutcome(encoded);
  if (!outcome.ok()) return outcome.status();
  next_sequence_ = std::max(next_sequence_, sequence + 1);
  Insert(slot, std::move(*outcome));
  return Status::Ok();
}

}  // namespace odometer
