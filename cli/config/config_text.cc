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

Durations are `250ms`, `10s`, `5m`, `1h`, `7d`, and `forever` for the retention of tiers and raw events. Sizes are bytes, or `64KiB`,
`64MiB`, `1GiB`. Addresses are `host:port` or `[v6]:port`; port 0 means any free one. All listeners are on loopback
unless told otherwise.
)";

constexpr std::string_view kTokens =
    R"(
Each token belongs to one org, several may belong to the same, and what a request reads and writes is its token's org's alone:
[semantics.md](semantics.md), Tenants. Where there are tokens, every route wants one, except the probes `/livez`, `/readyz`,
`/health`, `/health/ping`, and `/metrics`, `/` and `/logout`.

```yaml
auth:
  tokens:
    5f0c6e0b7d4e4f6f8a1d: acme                                # reads and writes
    b1946ac92492d2347c62: {org: acme, scope: write}           # read, write or all
    sha256:8d969eef6ecad3c29a3a629280e686cf0c3f5d5a86aff3ca12020c923adc6c92: other
```

`sha256:` and the SHA-256 of a token stand for it, so that reading the file is not enough to come in:
`printf %s "$TOKEN" | sha256sum`. A token is 1 to 512 visible ASCII characters, and should be long and random, for example of
`openssl rand -hex 32`. A later file's map replaces an earlier one's. In the environment the map is JSON:
`ODOMETER_AUTH_TOKENS='{"TOKEN":"acme"}'`.

On SIGHUP `odometer ingest`, `query` and `serve` read their configuration again, and from then on take its tokens and no others;
nothing else changes. When it is not valid, or has no tokens any more, the old ones stay, and the log says why: opening
everything takes a restart.

A client sends its token as the query parameter `x-auth-token`, the header of that name, or `Authorization: Bearer`. Headers are
better: an address gets into the logs of proxies. A browser that opens any page with `?x-auth-token=…` gets a cookie for 12 h,
which holds no token, and which `/logout` clears; it ends earlier with its token. Without `auth.session.secret` the cookies of a
token that is written in plain are signed by the token itself, and every process that has it takes them; those of a `sha256:`
entry only the process that gave them, until it ends. What is encrypted on the way is up to a proxy in front.
)";

constexpr std::string_view kWebhooks =
    R"(
```yaml
alerts:
  webhooks:
    acme: https://hooks.example.com/odometer/acme
  webhook:
    hosts: [hooks.example.com]
    secret: 0123456789abcdef0123456789abcdef
```

Like tokens the map is JSON in the environment: `ODOMETER_ALERTS_WEBHOOKS='{"acme":"https://hooks.example.com/…"}'`. A URL is http
or https, and without a user. URLs and the secret are in no log. What is posted, and what is promised:
[semantics.md](semantics.md), Webhooks.
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
    const bool masked = IsSecret(setting.key) && setting.origin != "default";
    std::string value = masked ? "\"********\"" : nlohmann::json(setting.text).dump();
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
    if (section == "Access") text += kTokens;
    if (section == "Alerts") text += kWebhooks;
  };
  for (const Option& option : Options()) {
    if (option.section != section) {
      end_section();
      section = option.section;
      text += fmt::format("\n## {}\n\n| Key | Type | Default | Meaning |\n|---|---|---|---|\n", section);
    }
    const std::string default_text = option.default_text.empty() ? "" : "`" + option.default_text + "`";
    text += fmt::format("| `{}` | {} | {} | {} |\n", option.key, option.type, default_text, Escaped(option.description));
  }
  end_section();
  return text;
}

}  // namespace odometer::cli
