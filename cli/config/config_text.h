// The configuration as text for people.
#pragma once

#include <string>
#include <vector>

#include "cli/config/config_loader.h"

namespace odometer::cli {

// What holds, as a YAML file that can be loaded again; a comment says where each value came from. Secrets are masked.
std::string EffectiveConfigText(const std::vector<Setting>& settings);

// docs/configuration.md.
std::string ConfigDocsMarkdown();

}  // namespace odometer::cli
