// The rules of a process: those that it goes by, and how others take their place.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "common/base/mutex.h"
#include "common/base/status.h"
#include "rules/rule_set.h"

namespace odometer::cli {

// Thread-safe.
class RulesInUse {
 public:
  // An empty `file`: there are none.
  explicit RulesInUse(std::string file) : file_(std::move(file)) {}

  // At the start. kInvalid, with each mistake.
  Status Load();
  // What the process is to go by; null: there are no rules.
  std::shared_ptr<const rules::RuleSet> current() const;

  // Reads the file anew, and takes it into use. Null when the rules stay as they were: the file has mistakes, which are
  // logged, or has not changed.
  std::shared_ptr<const rules::RuleSet> Reload();
  // A processor runs by these.
  void Confirm(std::shared_ptr<const rules::RuleSet> rules);
  // None can: back to the latest that were confirmed. False when these are the same.
  bool Revert();

 private:
  const std::string file_;
  mutable Mutex mutex_;
  std::shared_ptr<const rules::RuleSet> current_ ODOMETER_GUARDED_BY(mutex_);
  std::shared_ptr<const rules::RuleSet> confirmed_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace odometer::cli
