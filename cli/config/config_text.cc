#include "cli/config/config_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/config/options.h"

namespace odometer::cli {
namespace {

constexpr std::string_view kIntroduction =
    R"(# Configuration

This page is printed by `odometer config docs`; a test compares the two.

Values come from, in rising order:

1. the defaults below,
2. YAML files: `--config FILE`, which may be repeated; the later file wins,
3. the environment: `ODOMETER_` and the key in capitals, with `_` for every other character:
   `ODOMETER_COMMIT_INTERVAL=250ms`,
4. flags: `--set commit.interval=250ms`, and `--listen`, `--log-level` for the two that are set most often.

In YAML a key may be nested or dotted. These mean the same:

```yaml
commit: {interval: 100ms, max.interval: 10s}
```
```yaml
commit.interval: 100ms
commit.max.interval: 10s
```

An unknown key is an error that names the nearest known one. `odometer config check` prints what holds and where each
value came from; it masks secrets.

Durations are `250ms`, `10s`, `5m`, `1h`, `7d`, and `forever` for a tier's retention. Sizes are bytes, or `64KiB`,
`64MiB`, `1GiB`. Addresses are `host:port` or `[v6]:port`; port 0 means any free one. All listeners are on loopback
unless told otherwise: nothing asks for a password yet.
)";

constexpr std::string_view kKafkaProperties =
    R"(
Any other key below `kafka:` is a property of librdkafka and passed on as it is, to every client:

```yaml
kafka:
  bootstrap.servers: kafka-1:9093,kafka-2:9093
  security.protocol: SASL_SSL
  sasl: {mechanism: SCRAM-SHA-512, username: odometer, password: "…"}
```

In the environment `_` stands for `.`: `ODOMETER_KAFKA_SASL_PASSWORD`. Properties that exact counts depend on or that have
an option of their own (such as `acks`, `isolation.level`, `linger.ms`) are refused, with the reason or the option. So are
unknown ones, and values that librdkafka does not take.
)";

std::string Escaped(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
  return text;
}

}  // namespace

std::string EffectiveConfigText(const std::vector<Setting>& settings) {
  std::vector<std::string> lines;
  size_t width = 0;
  for (const Setting& setting : settings) {
    // JSON strings are YAML strings.
    std::string value = IsSecret(setting.key) ? "\"********\"" : nlohmann::json(setting.text).dump();
    lines.push_back(setting.key + ": " + value);
    width = std::max(width, lines.back().size());
  }
  width = std::min<size_t>(width, 60);
  std::string text;
  for (size_t i = 0; i < settings.size(); ++i) {
    text += fmt::format("{:<{}}  # {}\n", lines[i], width, settings[i].origin);
  }
  return text;
}

std::string ConfigDocsMarkdown() {
  std::string text(kIntroduction);
  std::string section;
  auto end_section = [&] {
    if (section == "Kafka") text += kKafkaProperties;
  };
  for (const Option& option : Options()) {
    if (option.section != section) {
      end_section();
      section = option.section;
      text += fmt::format("\n## {}\n\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n", section);
    }
    text += fmt::format("| `{}` | {} | `{}` | {} |\n", option.key, option.type, option.default_text,
                        Escaped(option.description));
  }
  end_section();
  return text;
}

}  // namespace odometer::cli
