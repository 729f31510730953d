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

// What is wrong with a librdkafka property (without the prefix): one that Odometer sets itself, an unknown one, with the
// nearest, or a value that librdkafka does not take. Never tells the value. kInvalid.
Status CheckKafkaOption(const std::string& property, const std::string& value);

// The options whose value is a map: one setting each, whose text is JSON.
inline constexpr std::string_view kTokensKey = "auth.tokens";
inline constexpr std::string_view kWebhooksKey = "alerts.webhooks";

// Whether the value of that key must not be shown.
bool IsSecret(std::string_view key);

// A key that is not known, as it may be shown. Where it speaks of tokens, what follows may be one: it is left out.
std::string ShownKey(const std::string& key);

// ODOMETER_COMMIT_MAX_INTERVAL for commit.max.interval.
std::string EnvironmentName(std::string_view key);

// The known key that is nearest to an unknown one.
std::string NearestKey(std::string_view key);

// Rules that hold between options. kInvalid names the options.
Status CheckTogether(const Config& config);

}  // namespace odometer::cli
