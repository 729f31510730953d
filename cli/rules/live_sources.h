// The sources of the rules that the query process goes by, for its live clients.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/rules/rules_in_use.h"
#include "query/live/source_reader.h"
#include "rules/evaluator.h"

namespace odometer::cli {

// Used by one thread at a time.
class LiveSources final : public SourceReader {
 public:
  // The rules must outlive it.
  explicit LiveSources(const RulesInUse* rules) : rules_(rules) {}

  std::vector<std::string> Topics() override;
  void Read(const RecordView& record, std::vector<LiveChange>* changes) override;

 private:
  // Takes the rules of now. False when there are none.
  bool Refresh();

  const RulesInUse* const rules_;
  std::optional<rules::Evaluator> evaluator_;
};

}  // namespace odometer::cli
