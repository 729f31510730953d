// A YAML configuration file as a flat list of keys and texts.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace odometer::cli {

struct FileSetting {
  std::string key;    // dotted
  std::string text;
  bool has_value = true;  // false: a key, or a section, with nothing behind it
  int line = 0;       // from 1
  std::string error;  // what is wrong with the value's shape; empty: nothing
};

// Nested maps become dotted keys, but for a map of one of `whole_maps`, which becomes one setting: its text is the map as
// JSON, of texts and of maps of texts. A list becomes its texts joined by commas, and a list of {size, retention} the tiers'
// own text. Does not know which keys exist.
// kInvalid with file and line when it is not YAML or cannot be read.
Result<std::vector<FileSetting>> ReadYamlFile(const std::string& path, const std::set<std::string>& whole_maps = {});

}  // namespace odometer::cli
