// `odometer rules check` and `odometer rules try`. They need neither a broker nor a configuration.
#pragma once

#include <string>

namespace odometer::cli {

struct RulesRequest {
  std::string file;
  std::string events = "-";  // a file of JSON lines; "-": standard input
  std::string topic;         // from which the records would come; empty: the first source
  bool json = false;
};

// Both: the process's exit code, kUsageError for rules that are not valid; of a try 1 when a record was rejected.
int RunRulesCheck(const RulesRequest& request);
int RunRulesTry(const RulesRequest& request);

}  // namespace odometer::cli
