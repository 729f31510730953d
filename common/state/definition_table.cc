#include "common/state/definition_table.h"

#include <iterator>
#include <utility>

namespace odometer {

void DefinitionTable::Reset() {
  MutexLock lock(mutex_);
  partitions_.reset();
  for (const auto& [key, entry] : entries_) changed_orgs_.insert(entry.definition.org);
  entries_.clear();
  keys_.clear();
}

void DefinitionTable::Load(const Definition& definition) {
  MutexLock lock(mutex_);
  const std::string key = DefinitionKey(definition.org, definition.code);
  Entry& entry = entries_[key];
  if (entry.definition.id != definition.id) {
    keys_.erase(entry.definition.id);
    entry.readings.clear();
    keys_[definition.id] = key;
  }
  entry.definition = definition;
  LimitsChangedLocked(definition.org);
}

void DefinitionTable::Forget(const std::string& definition_key) {
  MutexLock lock(mutex_);
  auto found = entries_.find(definition_key);
  if (found == entries_.end()) return;
  LimitsChangedLocked(found->second.definition.org);
  keys_.erase(found->second.definition.id);
  entries_.erase(found);
}

void DefinitionTable::LoadReading(uint64_t definition_id, const Reading& reading) {
  MutexLock lock(mutex_);
  LoadReadingLocked(definition_id, reading);
}

void DefinitionTable::LoadReadingLocked(uint64_t definition_id, const Reading& reading) {
  auto key = keys_.find(definition_id);
  if (key == keys_.end()) return;  // of a metric that was deleted
  std::map<int64_t, Reading>& readings = entries_.at(key->second).readings;
  readings[reading.at_ms] = reading;
  if (readings.size() > shown_readings_) readings.erase(readings.begin());
}

void DefinitionTable::Apply(const CommandOutcome& outcome) {
  std::list<Waiting> answered;
  {
    MutexLock lock(mutex_);
    if (!outcome.repeated && outcome.verdict == CommandOutcome::Verdict::kDone) ApplyLocked(outcome);
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      auto next = std::next(it);
      if (it->IsFor(outcome)) answered.splice(answered.end(), waiting_, it);
      it = next;
    }
  }
  for (Waiting& waiting : answered) waiting.done(outcome);
}

void DefinitionTable::ApplyLocked(const CommandOutcome& outcome) {
  if (!outcome.definition) return;
  const std::string key = DefinitionKey(outcome.org, outcome.code);
  auto known = entries_.find(key);
  // What was loaded may be newer than the outcomes that are read again after it.
  if (known != entries_.end() && known->second.definition.revision > outcome.offset) return;
  if (outcome.kind != Command::Kind::kRecord) LimitsChangedLocked(outcome.org);
  if (outcome.kind == Command::Kind::kDelete) {
    if (known == entries_.end()) return;
    keys_.erase(known->second.definition.id);
    entries_.erase(known);
    return;
  }
  Entry& entry = entries_[key];
  if (entry.definition.id != outcome.definition->id) {
    keys_.erase(entry.definition.id);
    entry.readings.clear();
    keys_[outcome.definition->id] = key;
  }
  entry.definition = *outcome.definition;
  if (outcome.reading) LoadReadingLocked(outcome.definition->id, *outcome.reading);
}

void DefinitionTable::SetReady(int32_t partitions) {
  MutexLock lock(mutex_);
  partitions_ = partitions;
  limits_version_.fetch_add(1, std::memory_order_release);
}

void DefinitionTable::LimitsChangedLocked(const std::string& org) {
  changed_orgs_.insert(org);
  if (partitions_) limits_version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const DefinitionLimits::OfOrg> DefinitionTable::LimitsOfLocked(const std::string& org) const {
  auto of_org = std::make_shared<DefinitionLimits::OfOrg>();
  const std::string prefix = DefinitionKey(org, "");
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && it->first.starts_with(prefix); ++it) {
    const Definition& definition = it->second.definition;
    // Another org's name may begin with this one's and a slash.
    if (definition.org != org || !definition.active) continue;
    of_org->emplace(definition.code, Limits{definition.id, definition.name, definition.version, definition.min_reading,
                                            definition.max_reading});
  }
  return of_org;
}

std::shared_ptr<const DefinitionLimits> DefinitionTable::limits() {
  MutexLock lock(mutex_);
  if (!partitions_ || changed_orgs_.empty()) return limits_;
  auto orgs = limits_->orgs();
  for (const std::string& org : changed_orgs_) {
    std::shared_ptr<const DefinitionLimits::OfOrg> of_org = LimitsOfLocked(org);
    if (of_org->empty()) {
      orgs.erase(org);
    } else {
      orgs[org] = std::move(of_org);
    }
  }
  changed_orgs_.clear();
  limits_ = std::make_shared<const DefinitionLimits>(std::move(orgs));
  return limits_;
}

void DefinitionTable::SetNotReady() {
  MutexLock lock(mutex_);
  partitions_.reset();
}

void DefinitionTable::Expire(int64_t now_steady_ms) {
  std::list<Waiting> late;
  {
    MutexLock lock(mutex_);
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      auto next = std::next(it);
      if (now_steady_ms >= it->deadline_ms) late.splice(late.end(), waiting_, it);
      it = next;
    }
  }
  for (Waiting& waiting : late) waiting.done(std::nullopt);
}

void DefinitionTable::Stop() {
  std::list<Waiting> left;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    partitions_.reset();
    left.swap(waiting_);
  }
  for (Waiting& waiting : left) waiting.done(std::nullopt);
}

std::optional<int32_t> DefinitionTable::partitions() const {
  MutexLock lock(mutex_);
  return partitions_;
}

std::optional<DefinitionTable::Entry> DefinitionTable::Find(std::string_view org, std::string_view code) const {
  MutexLock lock(mutex_);
  auto found = entries_.find(DefinitionKey(org, code));
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Definition> DefinitionTable::List(std::string_view org, size_t limit) const {
  MutexLock lock(mutex_);
  std::vector<Definition> list;
  const std::string prefix = DefinitionKey(org, "");
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && list.size() < limit; ++it) {
    if (!it->first.starts_with(prefix)) break;
    // Another org's name may begin with this one's and a slash.
    if (it->second.definition.org == org) list.push_back(it->second.definition);
  }
  return list;
}

DefinitionTable::Ticket DefinitionTable::Await(const Command& command, int64_t deadline_steady_ms, Done done) {
  Ticket ticket = 0;
  {
    MutexLock lock(mutex_);
    ticket = ++last_ticket_;
    if (!stopped_) {
      waiting_.push_back({ticket, command.kind, command.org, command.code, command.request_id, deadline_steady_ms,
                          std::move(done)});
      return ticket;
    }
  }
  done(std::nullopt);
  return ticket;
}

bool DefinitionTable::Cancel(Ticket ticket) {
  MutexLock lock(mutex_);
  return std::erase_if(waiting_, [ticket](const Waiting& waiting) { return waiting.ticket == ticket; }) > 0;
}

}  // namespace odometer
