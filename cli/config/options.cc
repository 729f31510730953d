#include "cli/config/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "cli/config/config_values.h"
#include "common/auth/token_table.h"
#include "common/base/ascii.h"
#include "common/base/nearest_word.h"
#include "common/kafka/properties.h"
#include "common/model/tier.h"
#include "common/model/utf8.h"
#include "processor/memory_budget.h"
#include "webhook/target.h"

namespace odometer::cli {
namespace {

constexpr int64_t kSecondMs = 1'000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr uint64_t kMiB = 1ull << 20;
constexpr uint64_t kGiB = 1ull << 30;

constexpr std::string_view kSessionSecretKey = "auth.session.secret";
constexpr std::string_view kWebhookSecretKey = "alerts.webhook.secret";
constexpr size_t kLeastSecretBytes = 16;

// Builds the table, section by section. One function per type of value.
class Table {
 public:
  std::vector<Option> Take() { return std::move(options_); }

  void Section(std::string name) { section_ = std::move(name); }

  void Text(std::string key, std::string default_text, std::string description,
            void (*set)(Config&, const std::string&)) {
    Add(std::move(key), "text", std::move(default_text), std::move(description),
        [set](std::string_view text, Config* config) {
          if (text.empty()) return Status::Invalid("some text");
          set(*config, std::string(text));
          return Status::Ok();
        });
  }

  // None unless it is set.
  void File(std::string key, std::string description, void (*set)(Config&, const std::string&)) {
    Add(std::move(key), "text", "", std::move(description), [set](std::string_view text, Config* config) {
      set(*config, std::string(text));
      return Status::Ok();
    });
  }

  // None unless it is set.
  void Secret(std::string key, std::string description, void (*set)(Config&, std::string_view)) {
    Add(std::move(key), "text", "", std::move(description), [set](std::string_view text, Config* config) {
      if (!text.empty() && text.size() < kLeastSecretBytes) return Status::Invalid("must have at least 16 bytes, or none");
      set(*config, text);
      return Status::Ok();
    });
  }

  void Bool(std::string key, bool default_value, std::string description, void (*set)(Config&, bool)) {
    Add(std::move(key), "true or false", default_value ? "true" : "false", std::move(description),
        [set](std::string_view text, Config* config) {
          Result<bool> value = ParseBool(text);
          if (!value.ok()) return value.status();
          set(*config, *value);
          return Status::Ok();
        });
  }

  void Integer(std::string key, int64_t default_value, int64_t min, int64_t max, std::string description,
               void (*set)(Config&, int64_t)) {
    Add(std::move(key), "integer", std::to_string(default_value), std::move(description),
        [set, min, max](std::string_view text, Config* config) {
          Result<int64_t> value = ParseInteger(text);
          if (!value.ok() || *value < min || *value > max) {
            return Status::Invalid(fmt::format("a whole number from {} to {}", min, max));
          }
          set(*config, *value);
          return Status::Ok();
        });
  }

  void Duration(std::string key, std::string default_text, int64_t min_ms, int64_t max_ms, std::string description,
                void (*set)(Config&, int64_t)) {
    Add(std::move(key), "duration", std::move(default_text), std::move(description),
        [set, min_ms, max_ms](std::string_view text, Config* config) {
          Result<int64_t> value = ParseDuration(text);
          if (!value.ok() || *value < min_ms || *value > max_ms) {
            return Status::Invalid(fmt::format("a duration from {} to {}, such as 100ms, 10s, 5m or 1h",
                                               FormatDuration(min_ms), FormatDuration(max_ms)));
          }
          set(*config, *value);
          return Status::Ok();
        });
  }

  void Size(std::string key, std::string default_text, uint64_t min, uint64_t max, std::string description,
            void (*set)(Config&, uint64_t)) {
    Add(std::move(key), "size", std::move(default_text), std::move(description),
        [set, min, max](std::string_view text, Config* config) {
          Result<uint64_t> value = ParseSize(text);
          if (!value.ok() || *value < min || *value > max) {
            return Status::Invalid(
                fmt::format("a size from {} to {} bytes, such as 65536, 64KiB, 64MiB or 1GiB", min, max));
          }
          set(*config, *value);
          return Status::Ok();
        });
  }

  void Address(std::string key, std::string default_text, std::string description,
               void (*set)(Config&, const std::string&)) {
    Add(std::move(key), "address", std::move(default_text), std::move(description),
        [set](std::string_view text, Config* config) {
          ODOMETER_RETURN_IF_ERROR(CheckAddress(text));
          set(*config, std::string(text));
          return Status::Ok();
        });
  }

  void Add(std::string key, std::string type, std::string default_text, std::string description,
           std::function<Status(std::string_view, Config*)> set) {
    options_.push_back(Option{section_, std::move(key), std::move(type), std::move(default_text),
                              std::move(description), std::move(set)});
  }

 private:
  std::string section_;
  std::vector<Option> options_;
};

// Such a name ends up in names of topics, which allow no more than this.
Status CheckTopicLike(std::string_view text) {
  const bool good = !text.empty() && text.size() <= 200 && text != "." && text != ".." &&
                    text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                        std::string_view::npos;
  return good ? Status::Ok() : Status::Invalid("up to 200 letters, digits, dots, hyphens and underscores");
}

void AddTopicLike(Table* table, std::string key, std::string default_text, std::string description,
                  void (*set)(Config&, const std::string&)) {
  table->Add(std::move(key), "name", std::move(default_text), std::move(description),
             [set](std::string_view text, Config* config) {
               ODOMETER_RETURN_IF_ERROR(CheckTopicLike(text));
               set(*config, std::string(text));
               return Status::Ok();
             });
}

void AddInstance(Table* table) {
  table->Section("The instance");
  AddTopicLike(table, "application", "odometer",
               "Name of the consumer group, and prefix of the changelogs. Instances with the same name share the work.",
               [](Config& c, const std::string& v) { c.processor.application = v; });
  AddTopicLike(table, "instance.id", "odometer-1",
               "Name of this instance: its static membership and its transactional id. Unique within the application, "
               "and the same after a restart.",
               [](Config& c, const std::string& v) { c.processor.instance_id = v; });
  table->Text("state.dir", "/var/lib/odometer",
              "Folder of the state: the database, and the socket on which the query process asks the processor. One "
              "per instance, on a local disk.",
              [](Config& c, const std::string& v) { c.processor.state_dir = v; });
  table->Text("run.dir", "/var/lib/odometer/run",
              "Folder of the pid files and logs of `odometer start`. When not set: `run` in `state.dir`.",
              [](Config& c, const std::string& v) { c.run_dir = v; });
  table->Add("log.level", "level", "info", "`trace`, `debug`, `info`, `warn`, `error` or `off`. Logs go to standard error.",
             [](std::string_view text, Config* config) {
               for (std::string_view level : {"trace", "debug", "info", "warn", "error", "off"}) {
                 if (text != level) continue;
                 config->log_level = std::string(text);
                 return Status::Ok();
               }
               return Status::Invalid("trace, debug, info, warn, error or off");
             });
}

void AddKafka(Table* table) {
  table->Section("Kafka");
  table->Text("kafka.bootstrap.servers", "127.0.0.1:9092", "Brokers to begin with, separated by commas.",
              [](Config& c, const std::string& v) { c.processor.kafka["bootstrap.servers"] = v; });
  AddTopicLike(table, "topics.events", "metrics.events", "The input topic. It must exist.",
               [](Config& c, const std::string& v) {
                 c.processor.input_topic = v;
                 c.query.topic = v;
                 c.ingest.topic = v;
               });
  AddTopicLike(table, "topics.dead_letters", "metrics.dead-letters",
               "Where rejected records go, with the reason. Created when missing.",
               [](Config& c, const std::string& v) { c.processor.dead_letter_topic = v; });
  AddTopicLike(table, "topics.commands", "metrics.commands",
               "Where changes of definitions, and readings, wait to be decided. Created when missing; its number of partitions "
               "must never change. Like the next two it belongs to one application.",
               [](Config& c, const std::string& v) {
                 c.processor.commands_topic = v;
                 c.definitions.commands_topic = v;
               });
  AddTopicLike(table, "topics.outcomes", "metrics.outcomes", "What was decided. Created when missing.",
               [](Config& c, const std::string& v) { c.processor.outcomes_topic = v; });
  AddTopicLike(table, "topics.alerts", "metrics.alerts",
               "Readings and events outside the limits of their metric. Created when missing. `odometer webhook` delivers them.",
               [](Config& c, const std::string& v) {
                 c.processor.alerts_topic = v;
                 c.webhook.options.topic = v;
               });
  table->Integer("changelog.replication", -1, -1, 32'767,
                 "Replication factor of the topics that the processor creates; -1: the broker's default.",
                 [](Config& c, int64_t v) { c.processor.changelog_replication = static_cast<int16_t>(v); });
  table->Duration("session.timeout", "10s", kSecondMs, kHourMs,
                  "How long a processor may be silent before its partitions go to another instance.",
                  [](Config& c, int64_t v) { c.processor.session_timeout_ms = static_cast<int>(v); });
  table->Duration("transaction.timeout", "15s", kSecondMs, 15 * kMinuteMs,
                  "After this long the broker aborts a transaction that nobody ended.",
                  [](Config& c, int64_t v) { c.processor.transaction_timeout_ms = static_cast<int>(v); });
}

void AddProcessing(Table* table) {
  table->Section("Processing");
  table->Add("processing.guarantee", "choice", "exactly_once",
             "`exactly_once`, or `at_least_once`, which commits without transactions and may count an event twice "
             "after a crash.",
             [](std::string_view text, Config* config) {
               if (text != "exactly_once" && text != "at_least_once") {
                 return Status::Invalid("exactly_once or at_least_once");
               }
               config->processor.exactly_once = text == "exactly_once";
               config->definitions.enabled = config->processor.exactly_once;
               return Status::Ok();
             });
  table->Add("tiers", "tiers", "1s:1h, 1m:7d, 1h:forever",
             "Window sizes with their retention, ascending, each dividing the next. In YAML also a list: "
             "`[{size: 1s, retention: 1h}, …]`. All processes of an application need the same.",
             [](std::string_view text, Config* config) {
               Result<std::vector<Tier>> tiers = ParseTiers(text);
               if (!tiers.ok()) return tiers.status();
               config->processor.tiers.windows = std::move(*tiers);
               return Status::Ok();
             });
  table->Bool("totals", true, "Whether one aggregate per series is kept for all time. `/data/metrics` needs it.",
              [](Config& c, bool v) { c.processor.tiers.total = v; });
  table->Duration("events.retention", "forever", kSecondMs, kForever,
                  "How long raw events are kept, by stream time. All processes of an application need the same.",
                  [](Config& c, int64_t v) { c.processor.events_retention_ms = v; });
  table->Bool("dead_letter.late", false, "Whether late events go to the dead-letter topic too; they are counted anyway.",
              [](Config& c, bool v) { c.processor.dead_letter_late = v; });
  table->File("rules.file",
              "What to count of other topics, the gauges of `/gauges`, and of which topics live clients are told: docs/rules.md. "
              "Read anew on SIGHUP. Not set: no topic but `topics.events` is counted.",
              [](Config& c, const std::string& v) { c.processor.rules_file = v; });
  table->Duration("deduplication.retention", "1h", 0, 366 * 24 * kHourMs,
                  "An event whose `id` was applied at most this long ago, by stream time, is a duplicate and not applied.",
                  [](Config& c, int64_t v) { c.processor.deduplication.retention_ms = v; });
  table->Integer("deduplication.max.ids", 1'000'000, 0, 100'000'000,
                 "Ids that a task remembers, at 32 to 64 bytes each; past that the oldest is forgotten first. 0: none, and "
                 "nothing is a duplicate.",
                 [](Config& c, int64_t v) { c.processor.deduplication.max_ids = static_cast<uint32_t>(v); });
  table->Integer("limits.series", 1'000'000, 1, 1'000'000'000,
                 "Series of a task. The events of further ones are folded into the overflow series `__overflow__` of their org "
                 "and type. An instance has as many tasks as it has input partitions.",
                 [](Config& c, int64_t v) { c.processor.limits.series = static_cast<uint64_t>(v); });
  table->Integer("limits.series.per.org", 100'000, 1, 1'000'000'000, "The same for the series of one org in a task.",
                 [](Config& c, int64_t v) { c.processor.limits.series_per_org = static_cast<uint64_t>(v); });
  table->Duration("commit.interval", "100ms", 1, kHourMs, "Time between commits near the end of the log.",
                  [](Config& c, int64_t v) {
                    c.processor.commit_interval_ms = v;
                    c.query.commit_interval_ms = v;
                  });
  table->Duration("commit.max.interval", "10s", 1, kHourMs, "Longest time between commits while catching up.",
                  [](Config& c, int64_t v) { c.processor.commit_max_interval_ms = v; });
  table->Size("memory.limit", "640MiB", kLeastMemoryLimitBytes, 1024 * kGiB,
              "What a processor may take: the aggregates of a commit, the state's cache and write buffers, records fetched "
              "ahead, and the series' names, which all share it. [Operations](operations.md) says what it covers.",
              [](Config& c, uint64_t v) { c.processor.memory_limit_bytes = v; });
  table->Duration("processor.stuck.timeout", "5m", kSecondMs, 24 * kHourMs,
                  "A processor that gets nowhere for so long, because no broker answers or commits fail, exits for its "
                  "supervisor to start it again.",
                  [](Config& c, int64_t v) { c.processor.stuck_timeout_ms = v; });
  table->Integer("prefetch.records", 50'000, 1'000, 10'000'000, "Records fetched ahead.",
                 [](Config& c, int64_t v) { c.processor.prefetch_records = static_cast<size_t>(v); });
}

void AddListeners(Table* table) {
  table->Section("Listeners");
  table->Address("processor.listen", "127.0.0.1:8001", "Operations of the processor: `/health`, `/livez`, `/readyz`, `/metrics`.",
                 [](Config& c, const std::string& v) { c.processor_listen = v; });
  table->Address("ingest.listen", "127.0.0.1:8000", "`odometer ingest`.",
                 [](Config& c, const std::string& v) { c.ingest_listen = v; });
  table->Address("query.listen", "127.0.0.1:7000", "`odometer query`.",
                 [](Config& c, const std::string& v) { c.query_listen = v; });
  table->Address("serve.listen", "127.0.0.1:3000", "`odometer serve`: ingest and query on one port.",
                 [](Config& c, const std::string& v) { c.serve_listen = v; });
  table->Address("webhook.listen", "127.0.0.1:8002", "Operations of `odometer webhook`: `/livez`, `/readyz`, `/metrics`.",
                 [](Config& c, const std::string& v) { c.webhook_listen = v; });
  table->Address("query.advertised", "127.0.0.1:7000", "Where other instances reach this instance's query process. When not set: as `query.listen`.",
                 [](Config& c, const std::string& v) { c.processor.advertised_address = v; });
  table->Integer("http.threads", 2, 1, 256, "I/O threads of each listener.",
                 [](Config& c, int64_t v) { c.http.threads = static_cast<int>(v); });
  table->Integer("http.max.connections", 4'000, 1, 1'000'000, "More connections are answered 503 and closed.",
                 [](Config& c, int64_t v) { c.http.max_connections = static_cast<size_t>(v); });
  table->Integer("http.max.live", 2'000, 0, 1'000'000,
                 "WebSockets and streams of server-sent events, among these connections; more are answered 503.",
                 [](Config& c, int64_t v) { c.http.max_live_clients = static_cast<size_t>(v); });
  table->Size("http.max.body", "1MiB", 1'024, 8 * kMiB, "Largest request body; over it: 413.",
              [](Config& c, uint64_t v) { c.http.max_body_bytes = v; });
  table->Size("http.max.buffered", "256MiB", kMiB, 1'024 * kGiB,
              "What all connections of a listener may hold together: requests that are not complete, and answers that their "
              "clients have not taken. Beyond it those give way that hold more than 64 KiB: 503, or closed.",
              [](Config& c, uint64_t v) { c.http.max_buffered_bytes = v; });
  table->Duration("http.request.timeout", "10s", 100, kHourMs, "From a request's first byte to its last; then 408.",
                  [](Config& c, int64_t v) { c.http.request_timeout_ms = static_cast<int>(v); });
  table->Duration("http.response.timeout", "30s", 100, kHourMs, "For the answer to be found; then 503.",
                  [](Config& c, int64_t v) { c.http.response_timeout_ms = static_cast<int>(v); });
  table->Duration("http.idle.timeout", "75s", 100, 24 * kHourMs, "Between requests on a kept connection.",
                  [](Config& c, int64_t v) { c.http.idle_timeout_ms = static_cast<int>(v); });
}

void AddAccess(Table* table) {
  table->Section("Access");
  table->Add(std::string(kTokensKey), "map", "{}",
             "From tokens to what they are good for, see below. None: everything is open, and `odometer ingest`, `query` and "
             "`serve` start on loopback addresses only. Read anew on SIGHUP.",
             [](std::string_view text, Config* config) {
               Result<std::vector<auth::ConfiguredToken>> tokens = auth::ParseTokens(text);
               if (!tokens.ok()) return tokens.status();
               config->auth.tokens = std::move(*tokens);
               return Status::Ok();
             });
  table->Bool("auth.open", false,
              "Without tokens: let everybody in who reaches a listener, from other machines too. For networks where something "
              "else keeps strangers out.",
              [](Config& c, bool v) { c.auth.open = v; });
  table->Secret(std::string(kSessionSecretKey),
                "Signs the cookies of browsers, so that every process with the same secret takes them. At least 16 bytes, for "
                "example of `openssl rand -hex 32`. Read anew on SIGHUP, which ends the sessions when it has changed.",
                [](Config& c, std::string_view v) { c.auth.session_secret = v; });
}

void AddAlerts(Table* table) {
  table->Section("Alerts");
  table->Add(std::string(kWebhooksKey), "map", "{}",
             "From orgs to the URLs to which `odometer webhook` posts their alerts, see below. Alerts of other orgs are left out.",
             [](std::string_view text, Config* config) {
               Result<std::vector<WebhookTarget>> targets = ParseWebhookTargets(text);
               if (!targets.ok()) return targets.status();
               config->webhook.options.delivery.targets = std::move(*targets);
               return Status::Ok();
             });
  table->Add("alerts.webhook.hosts", "list", "",
             "The hosts that these URLs may have, separated by commas, without ports. Another one is an error.",
             [](std::string_view text, Config* config) {
               Result<std::vector<std::string>> hosts = ParseWebhookHosts(text);
               if (!hosts.ok()) return hosts.status();
               config->webhook.hosts = std::move(*hosts);
               return Status::Ok();
             });
  table->Secret(std::string(kWebhookSecretKey),
                "Signs what is posted, so that a receiver knows that it is ours. Needed where there are webhooks. At least 16 "
                "bytes, for example of `openssl rand -hex 32`.",
                [](Config& c, std::string_view v) { c.webhook.options.delivery.secret = v; });
  table->Duration("alerts.webhook.timeout", "5s", 100, 10 * kSecondMs,
                  "For one attempt, from the look-up of the host to the end of the answer.",
                  [](Config& c, int64_t v) { c.webhook.poster.timeout_ms = static_cast<int>(v); });
  table->Duration("alerts.webhook.retention", "24h", kMinuteMs, 366 * 24 * kHourMs,
                  "An alert that is older, by the time of its record, is given up when its org's attempts fail. The topic must "
                  "keep alerts for longer.",
                  [](Config& c, int64_t v) { c.webhook.options.delivery.retention_ms = v; });
  table->Bool("alerts.webhook.private", false,
              "Whether addresses that are not public may be reached: private, loopback, link-local and such ones. They are "
              "looked at when a connection is opened, after the host's name was resolved.",
              [](Config& c, bool v) { c.webhook.poster.private_addresses = v; });
}

Status CheckWebhooks(const WebhookConfig& webhook) {
  const std::vector<WebhookTarget>& targets = webhook.options.delivery.targets;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (std::find(webhook.hosts.begin(), webhook.hosts.end(), targets[i].host) != webhook.hosts.end()) continue;
    return Status::Invalid(fmt::format("{}: the host of entry {}, {}, is not in alerts.webhook.hosts", kWebhooksKey, i + 1,
                                       targets[i].host));
  }
  if (!targets.empty() && webhook.options.delivery.secret.empty()) {
    return Status::Invalid(fmt::format("{} needs {}", kWebhooksKey, kWebhookSecretKey));
  }
  return Status::Ok();
}

void AddStatsd(Table* table) {
  table->Add("ingest.statsd.listen", "address", "",
             "Where `odometer ingest` and `odometer serve` take lines of statsd, by UDP and TCP on the same port, with an IP address "
             "as host; empty: nowhere.",
             [](std::string_view text, Config* config) {
               if (!text.empty()) ODOMETER_RETURN_IF_ERROR(CheckAddress(text));
               config->statsd.listen = text;
               return Status::Ok();
             });
  table->Add("ingest.statsd.org", "text", std::string(kDefaultOrg), "Whose all of them are: statsd knows no tokens.",
             [](std::string_view text, Config* config) {
               const bool good = !text.empty() && text.size() <= kMaxNameBytes && text != kOverflowName && IsValidUtf8(text);
               if (!good) return Status::Invalid("the name of an org, of 1 to 512 bytes");
               config->statsd.org = text;
               return Status::Ok();
             });
  table->Bool("ingest.statsd.open", false,
              "Take lines from other machines, too: needed where `ingest.statsd.listen` is not on loopback. Whoever reaches it can "
              "write as that org.",
              [](Config& c, bool v) { c.statsd_open = v; });
}

void AddIngestAndQuery(Table* table) {
  table->Section("Ingest");
  table->Duration("ingest.linger", "10ms", 0, kSecondMs,
                  "How long a record may wait, while others are on their way to Kafka, to go with all that came meanwhile.",
                  [](Config& c, int64_t v) { c.ingest_linger_ms = static_cast<int>(v); });
  table->Duration("ingest.delivery.timeout", "10s", 100, kHourMs,
                  "For Kafka to acknowledge a record; then the client gets a 503.",
                  [](Config& c, int64_t v) { c.ingest_delivery_timeout_ms = static_cast<int>(v); });
  table->Integer("ingest.queue.records", 100'000, 1, 10'000'000,
                 "Records that may be waiting for Kafka; more are answered 429.",
                 [](Config& c, int64_t v) { c.ingest_queue_records = static_cast<size_t>(v); });
  table->Size("ingest.queue.size", "64MiB", kMiB, 64 * kGiB, "The same in bytes; whichever is reached first counts.",
              [](Config& c, uint64_t v) { c.ingest_queue_bytes = v; });
  AddStatsd(table);
  table->Section("Query");
  table->Integer("query.workers", 4, 1, 256, "Threads that answer one org's queries; there is one more, for the others.",
                 [](Config& c, int64_t v) { c.query.worker_threads = static_cast<int>(v); });
  table->Duration("query.read.timeout", "20s", 100, 60'000, "How long an answer may take; then 503.",
                  [](Config& c, int64_t v) { c.query.read_timeout_ms = static_cast<int>(v); });
  table->Duration("query.min_offset.timeout", "5s", 0, kHourMs,
                  "How long a query waits for the offset in its `min-offset`; then 504.",
                  [](Config& c, int64_t v) { c.query.min_offset_timeout_ms = static_cast<int>(v); });
  table->Duration("query.control.timeout", "5s", 100, kHourMs,
                  "How long a set or forget waits until it shows; then 504.",
                  [](Config& c, int64_t v) { c.query.control_timeout_ms = static_cast<int>(v); });
}

std::vector<Option> MakeOptions() {
  Table table;
  AddInstance(&table);
  AddKafka(&table);
  AddProcessing(&table);
  AddListeners(&table);
  AddAccess(&table);
  AddAlerts(&table);
  AddIngestAndQuery(&table);
  return table.Take();
}

}  // namespace

const std::vector<Option>& Options() {
  static const std::vector<Option>* const options = new std::vector<Option>(MakeOptions());
  return *options;
}

Status CheckKafkaOption(const std::string& property, const std::string& value) {
  if (std::optional<std::string_view> reason = WhyReservedKafkaProperty(property)) {
    return Status::Invalid(fmt::format("Odometer sets this property itself ({})", *reason));
  }
  switch (CheckKafkaProperty(property, value)) {
    case KafkaPropertyCheck::kGood: return Status::Ok();
    case KafkaPropertyCheck::kBadValue: return Status::Invalid("librdkafka does not take this value");
    case KafkaPropertyCheck::kUnknown: break;
  }
  return Status::Invalid(
      fmt::format("librdkafka has no such property; the nearest is {}", NearestWord(property, KafkaPropertyNames())));
}

std::string ShownKey(const std::string& key) {
  const size_t token = ToLower(key).find("token");
  const size_t end = token == std::string::npos ? token : key.find_first_of("._", token);
  return end == std::string::npos ? key : key.substr(0, end + 1) + "…";
}

bool IsSecret(std::string_view key) {
  for (std::string_view secret : {kTokensKey, kSessionSecretKey, kWebhooksKey, kWebhookSecretKey}) {
    if (key == secret) return true;
  }
  if (!key.starts_with(kKafkaPrefix)) return false;
  for (std::string_view part : {"password", "passphrase", "secret", "token", ".pem", "oauthbearer.config", "ssl_", "jaas"}) {
    if (key.find(part) != std::string_view::npos) return true;
  }
  return false;
}

std::string EnvironmentName(std::string_view key) {
  std::string name = "ODOMETER_";
  for (char c : key) {
    name += std::isalnum(static_cast<unsigned char>(c)) ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                                                        : '_';
  }
  return name;
}

std::string NearestKey(std::string_view key) {
  std::vector<std::string> keys;
  for (const Option& option : Options()) keys.push_back(option.key);
  return NearestWord(ToLower(key), keys);
}

Status CheckTogether(const Config& config) {
  if (Status tiers = config.processor.tiers.Validate(); !tiers.ok()) return tiers.WithContext("tiers");
  if (config.processor.commit_max_interval_ms < config.processor.commit_interval_ms) {
    return Status::Invalid("commit.max.interval is shorter than commit.interval");
  }
  if (config.http.response_timeout_ms <= config.ingest_delivery_timeout_ms) {
    return Status::Invalid(
        "http.response.timeout must be longer than ingest.delivery.timeout, or clients are told nothing");
  }
  if (config.http.response_timeout_ms <= config.query.read_timeout_ms ||
      config.http.response_timeout_ms <= config.query.control_timeout_ms) {
    return Status::Invalid("http.response.timeout must be longer than query.read.timeout and query.control.timeout");
  }
  if (config.query.read_timeout_ms <= config.query.min_offset_timeout_ms) {
    return Status::Invalid("query.read.timeout must be longer than query.min_offset.timeout");
  }
  if (config.auth.open && !config.auth.tokens.empty()) {
    return Status::Invalid("auth.open lets everybody in, and auth.tokens only some: remove one of them");
  }
  if (!config.statsd.listen.empty() && !config.statsd_open && !IsLoopback(config.statsd.listen)) {
    return Status::Invalid("other machines can reach ingest.statsd.listen, and statsd knows no tokens: listen on a loopback "
                           "address such as 127.0.0.1, or let them write with ingest.statsd.open: true");
  }
  ODOMETER_RETURN_IF_ERROR(CheckWebhooks(config.webhook));
  return auth::TokenTable::Make(config.auth.tokens, config.auth.session_secret, {}).status();
}

}  // namespace odometer::cli
