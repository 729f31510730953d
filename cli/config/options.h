// The one table of all options: what `odometer config docs` prints, what the loader accepts.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config/config.h"
#include "common/base/status.h"

namespace odometer::cli {

struct Option {
  std::string section;       // heading in the documentation; options of one section stand together
  std::string key;           // "commit.interval"
  std::string type;          // what a value looks like, in a word or two: "duration", "size", …
  std::string default_text;  // always valid; read by `set` like any other value
  std::string description;   // one or two sentences, Markdown
  // Reads a value into the config. kInvalid with what was expected instead.
  std::function<Status(std::string_view text, Config* config)> set;
};

// In the order of the documentation. Without the kafka section's properties, other than bootstrap.servers.
const std::vector<Option>& Options();

// Keys that begin with it are librdkafka's and passed on without the prefix.
inline constexpr std::string_view kKafkaPrefix = "kafka.";

// Why a librdkafka property must not be set: Odometer sets it itself. Nothing for every other property.
std::optional<std::string> WhyNotKafkaProperty(std::string_view property);

// Whether the value of that key must not be shown.
bool IsSecret(std::string_view key);

// ODOMETER_COMMIT_MAX_INTERVAL for commit.max.interval.
std::string EnvironmentName(std::string_view key);

// The known key that is nearest to an unknown one.
std::string NearestKey(std::string_view key);

// Rules that hold between options. kInvalid names the options.
Status CheckTogether(const Config& config);

}  // namespace odometer::cli
