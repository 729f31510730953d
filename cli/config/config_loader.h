// From files, environment and flags to the configuration that holds.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/config/config.h"
#include "common/base/status.h"

namespace odometer::cli {

// Of the client sub-commands, which have no configuration. No setting.
inline constexpr std::string_view kTokenVariable = "ODOMETER_TOKEN";

// Where values may come from, in rising order; of the files the later wins.
struct ConfigInput {
  struct Flag {
    std::string key;
    std::string value;
    std::string flag;  // as the user knows it: "--listen"
  };
  std::vector<std::string> files;
  std::vector<std::pair<std::string, std::string>> environment;  // name, value; what is not ODOMETER_… is ignored
  std::vector<Flag> flags;
};

// A value that holds, and who said so.
struct Setting {
  std::string key;
  std::string text;
  std::string origin;  // "default", "odometer.yaml:3", "ODOMETER_LOG_LEVEL", "--listen"
};

struct LoadedConfig {
  Config config;
  std::vector<Setting> settings;  // every option in the table's order, then the other kafka properties
};

// kInvalid: a line for everything that is wrong, each with where it stands; an unknown key with the nearest known one.
Result<LoadedConfig> LoadConfig(const ConfigInput& input);

// Of this process, for ConfigInput.
std::vector<std::pair<std::string, std::string>> ProcessEnvironment();

}  // namespace odometer::cli
