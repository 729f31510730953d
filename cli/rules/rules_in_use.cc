#include "cli/rules/rules_in_use.h"

#include <utility>

#include "common/base/log.h"
#include "common/state/rules_history.h"
#include "rules/rules_file.h"

namespace odometer::cli {
namespace {

constexpr const char* kLog = "rules";

// A mistake per line in one line of the log.
std::string OneLine(const std::string& text) {
  std::string line;
  for (const char c : text) line += c == '\n' ? std::string("; ") : std::string(1, c);
  return line;
}

}  // namespace

Status RulesInUse::Load() {
  if (file_.empty()) return Status::Ok();
  Result<std::shared_ptr<const rules::RuleSet>> rules = rules::LoadRules(file_);
  if (!rules.ok()) return Status::Invalid("rules.file: " + OneLine(rules.status().message()));
  MutexLock lock(mutex_);
  current_ = std::move(*rules);
  return Status::Ok();
}

std::shared_ptr<const rules::RuleSet> RulesInUse::current() const {
  MutexLock lock(mutex_);
  return current_;
}

std::shared_ptr<const rules::RuleSet> RulesInUse::Reload() {
  if (file_.empty()) {
    LogInfo(kLog, "SIGHUP: there is no rules.file");
    return nullptr;
  }
  Result<std::shared_ptr<const rules::RuleSet>> rules = rules::LoadRules(file_);
  if (!rules.ok()) {
    LogError(kLog, "the rules stay as they were: {}", OneLine(rules.status().message()));
    return nullptr;
  }
  MutexLock lock(mutex_);
  if (current_ && (*rules)->version == current_->version) {
    LogInfo(kLog, "SIGHUP: {} has not changed", file_);
    return nullptr;
  }
  current_ = std::move(*rules);
  LogInfo(kLog, "SIGHUP: {} was read anew version={}", file_, RulesVersionText(current_->version));
  return current_;
}

void RulesInUse::Confirm(std::shared_ptr<const rules::RuleSet> rules) {
  MutexLock lock(mutex_);
  confirmed_ = std::move(rules);
}

bool RulesInUse::Revert() {
  MutexLock lock(mutex_);
  if (!confirmed_ || confirmed_ == current_) return false;
  current_ = confirmed_;
  return true;
}

}  // namespace odometer::cli
