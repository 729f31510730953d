#include "cli/config/config_loader.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "cli/config/config_text.h"

namespace odometer::cli {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A folder of its own per test, with configuration files in it.
class ConfigLoaderTest : public ::testing::Test {
 protected:
  ConfigLoaderTest()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                (std::string("odometer-config-") + std::to_string(getpid()) + "-" +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
  }
  ~ConfigLoaderTest() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& text) {
    std::string path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }

  // The error of a configuration of just this file.
  std::string ErrorOf(const std::string& yaml) {
    Result<LoadedConfig> loaded = LoadConfig({.files = {File("bad.yaml", yaml)}});
    return loaded.ok() ? "no error" : loaded.status().message();
  }

  static std::string OriginOf(const LoadedConfig& loaded, const std::string& key) {
    for (const Setting& setting : loaded.settings) {
      if (setting.key == key) return setting.origin;
    }
    return "not there";
  }

  std::filesystem::path folder_;
};

TEST_F(ConfigLoaderTest, DefaultsAreThoseOfTheParts) {
  const Result<LoadedConfig> loaded = LoadConfig({});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  const ProcessorOptions& actual = loaded->config.processor;
  const ProcessorOptions expected;
  EXPECT_EQ(actual.application, expected.application);
  EXPECT_EQ(actual.instance_id, expected.instance_id);
  EXPECT_EQ(actual.input_topic, expected.input_topic);
  EXPECT_EQ(actual.dead_letter_topic, expected.dead_letter_topic);
  EXPECT_EQ(actual.exactly_once, expected.exactly_once);
  EXPECT_EQ(actual.tiers, expected.tiers);
  EXPECT_EQ(actual.deduplication.retention_ms, expected.deduplication.retention_ms);
  EXPECT_EQ(actual.deduplication.max_ids, expected.deduplication.max_ids);
  EXPECT_EQ(actual.limits.series, expected.limits.series);
  EXPECT_EQ(actual.limits.series_per_org, expected.limits.series_per_org);
  EXPECT_EQ(actual.commit_interval_ms, expected.commit_interval_ms);
  EXPECT_EQ(actual.commit_max_interval_ms, expected.commit_max_interval_ms);
  EXPECT_EQ(actual.transaction_timeout_ms, expected.transaction_timeout_ms);
  EXPECT_EQ(actual.session_timeout_ms, expected.session_timeout_ms);
  EXPECT_EQ(actual.memory_limit_bytes, expected.memory_limit_bytes);
  EXPECT_EQ(actual.stuck_timeout_ms, expected.stuck_timeout_ms);
  EXPECT_EQ(actual.prefetch_records, expected.prefetch_records);
  EXPECT_EQ(actual.changelog_replication, expected.changelog_replication);
  EXPECT_EQ(loaded->config.http.max_body_bytes, http::ServerOptions().max_body_bytes);
  EXPECT_EQ(loaded->config.http.response_timeout_ms, http::ServerOptions().response_timeout_ms);
  EXPECT_EQ(loaded->config.query.min_offset_timeout_ms, QueryOptions().min_offset_timeout_ms);
  EXPECT_EQ(loaded->config.query.worker_threads, QueryOptions().worker_threads);
  EXPECT_EQ(OriginOf(*loaded, "commit.interval"), "default");
}

TEST_F(ConfigLoaderTest, NestedAndDottedKeysMeanTheSame) {
  const std::string nested = File("nested.yaml",
                                  "commit: {interval: 250ms, max.interval: 20s}\n"
                                  "topics:\n  events: other\n"
                                  "kafka:\n  bootstrap.servers: [a:1, b:2]\n  sasl:\n    mechanism: PLAIN\n"
                                  "tiers: [{size: 1s, retention: 1h}, {size: 1m, retention: forever}]\n");
  const std::string dotted = File("dotted.yaml",
                                  "commit.interval: 250ms\ncommit.max.interval: 20s\ntopics.events: other\n"
                                  "kafka.bootstrap.servers: a:1,b:2\nkafka.sasl.mechanism: PLAIN\n"
                                  "tiers: 1s:1h,1m:forever\n");
  for (const std::string& file : {nested, dotted}) {
    const Result<LoadedConfig> loaded = LoadConfig({.files = {file}});
    ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
    const Config& config = loaded->config;
    EXPECT_EQ(config.processor.commit_interval_ms, 250);
    EXPECT_EQ(config.query.commit_interval_ms, 250);
    EXPECT_EQ(config.processor.commit_max_interval_ms, 20'000);
    EXPECT_EQ(config.processor.input_topic, "other");
    EXPECT_EQ(config.query.topic, "other");
    EXPECT_EQ(config.ingest.topic, "other");
    EXPECT_EQ(config.kafka().at("bootstrap.servers"), "a:1,b:2");
    EXPECT_EQ(config.kafka().at("sasl.mechanism"), "PLAIN");
    const std::vector<Tier> tiers{{1'000, 3'600'000}, {60'000, kForever}};
    EXPECT_EQ(config.processor.tiers.windows, tiers);
    EXPECT_EQ(config.query.tiers, config.processor.tiers);
  }
}

TEST_F(ConfigLoaderTest, FilesThenEnvironmentThenFlags) {
  ConfigInput input;
  input.files = {File("1.yaml", "log.level: debug\ncommit.interval: 1ms\nmemory.limit: 200MiB\ntotals: false\n"),
                 File("2.yaml", "\ncommit.interval: 2ms\nmemory.limit: 300MiB\nlog.level: warn\n")};
  input.environment = {{"PATH", "/bin"}, {"ODOMETER_COMMIT_INTERVAL", "3ms"}, {"ODOMETER_MEMORY_LIMIT", "400MiB"}};
  input.flags = {{"commit.interval", "4ms", "--set"}};
  const Result<LoadedConfig> loaded = LoadConfig(input);
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->config.processor.commit_interval_ms, 4);
  EXPECT_EQ(loaded->config.processor.memory_limit_bytes, 400u << 20);
  EXPECT_EQ(loaded->config.log_level, "warn");
  EXPECT_FALSE(loaded->config.processor.tiers.total);
  EXPECT_EQ(OriginOf(*loaded, "commit.interval"), "--set");
  EXPECT_EQ(OriginOf(*loaded, "memory.limit"), "ODOMETER_MEMORY_LIMIT");
  EXPECT_EQ(OriginOf(*loaded, "log.level"), input.files[1] + ":4");
  EXPECT_EQ(OriginOf(*loaded, "totals"), input.files[0] + ":4");
}

TEST_F(ConfigLoaderTest, TheRunFolderIsInTheStateFolderUnlessItIsSet) {
  const std::string file = File("state.yaml", "state.dir: /data/2\n");
  Result<LoadedConfig> loaded = LoadConfig({.files = {file}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->config.run_dir, "/data/2/run");
  EXPECT_EQ(OriginOf(*loaded, "run.dir"), "state.dir");
  loaded = LoadConfig({.files = {file}, .environment = {{"ODOMETER_RUN_DIR", "/run/odometer"}}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->config.run_dir, "/run/odometer");
  EXPECT_EQ(OriginOf(*loaded, "run.dir"), "ODOMETER_RUN_DIR");
}

TEST_F(ConfigLoaderTest, EnvironmentReachesKeysWithUnderscoresAndKafka) {
  const Result<LoadedConfig> loaded = LoadConfig({.environment = {{"ODOMETER_DEAD_LETTER_LATE", "true"},
                                                                  {"ODOMETER_QUERY_MIN_OFFSET_TIMEOUT", "7s"},
                                                                  {"ODOMETER_KAFKA_BOOTSTRAP_SERVERS", "k:9092"},
                                                                  {"ODOMETER_KAFKA_SSL_CA_LOCATION", "/ca.pem"}}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_TRUE(loaded->config.processor.dead_letter_late);
  EXPECT_EQ(loaded->config.query.min_offset_timeout_ms, 7'000);
  EXPECT_EQ(loaded->config.kafka().at("bootstrap.servers"), "k:9092");
  EXPECT_EQ(loaded->config.kafka().at("ssl.ca.location"), "/ca.pem");
}

TEST_F(ConfigLoaderTest, VariablesOfKubernetesServicesAreNotOurs) {
  const Result<LoadedConfig> loaded = LoadConfig({.environment = {{"ODOMETER_SERVICE_HOST", "10.0.0.1"},
                                                                  {"ODOMETER_SERVICE_PORT_HTTP", "8000"},
                                                                  {"ODOMETER_PORT", "tcp://10.0.0.1:8000"},
                                                                  {"ODOMETER_KAFKA_PORT_9092_TCP_ADDR", "10.0.0.2"}}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_FALSE(loaded->config.kafka().contains("port.9092.tcp.addr"));
}

TEST_F(ConfigLoaderTest, AnUnknownKeyIsAnErrorThatNamesTheNearest) {
  const std::string error = ErrorOf("log.level: info\ncommit: {intervall: 1s}\n");
  EXPECT_THAT(error, HasSubstr("bad.yaml:2: no option commit.intervall; the nearest is commit.interval"));

  const Result<LoadedConfig> variable = LoadConfig({.environment = {{"ODOMETER_LOG_LEVL", "info"}}});
  EXPECT_THAT(variable.status().message(), HasSubstr("ODOMETER_LOG_LEVL: no such option; the nearest is "
                                                     "ODOMETER_LOG_LEVEL"));
  const Result<LoadedConfig> flag = LoadConfig({.flags = {{"tier", "1s:1h", "--set"}}});
  EXPECT_THAT(flag.status().message(), HasSubstr("--set: no option tier; the nearest is tiers"));
}

TEST_F(ConfigLoaderTest, ABadValueIsNamedWithWhatWasExpected) {
  EXPECT_THAT(ErrorOf("commit.interval: fast"), HasSubstr("bad.yaml:1: commit.interval: \"fast\" is not a duration"));
  EXPECT_THAT(ErrorOf("memory.limit: 1"), HasSubstr("memory.limit: \"1\" is not a size from 201326592"));
  EXPECT_THAT(ErrorOf("query.listen: 7000"), HasSubstr("query.listen: \"7000\" is not an address"));
  EXPECT_THAT(ErrorOf("totals: maybe"), HasSubstr("totals: \"maybe\" is not true or false"));
  EXPECT_THAT(ErrorOf("processing.guarantee: twice"), HasSubstr("is not exactly_once or at_least_once"));
  EXPECT_THAT(ErrorOf("application: a/b"), HasSubstr("application: \"a/b\" is not up to 200 letters"));
  EXPECT_THAT(ErrorOf("log.level: loud"), HasSubstr("is not trace, debug"));
  EXPECT_THAT(ErrorOf("prefetch.records: 3"), HasSubstr("is not a whole number from 1000"));
}

TEST_F(ConfigLoaderTest, EveryErrorIsTold) {
  const std::string error = ErrorOf("commit.interval: fast\nnonsense: 1\n");
  EXPECT_THAT(error, HasSubstr("bad.yaml:1:"));
  EXPECT_THAT(error, HasSubstr("bad.yaml:2:"));
}

TEST_F(ConfigLoaderTest, ShapesThatMeanNothingAreErrors) {
  EXPECT_THAT(ErrorOf("tiers: [{size: 1s}]"), HasSubstr("needs both size and retention"));
  EXPECT_THAT(ErrorOf("tiers: [{size: 1s, retention: 1h, colour: red}]"), HasSubstr("not colour"));
  EXPECT_THAT(ErrorOf("tiers: [[1s]]"), HasSubstr("a list in a list"));
  EXPECT_THAT(ErrorOf("just text"), HasSubstr("not a list of keys and values"));
  EXPECT_THAT(ErrorOf("a: [1"), HasSubstr("bad.yaml:"));
  EXPECT_THAT(ErrorOf("log.level: info\nlog: {level: warn}\n"), HasSubstr("stands twice"));
  EXPECT_THAT(LoadConfig({.files = {folder_ / "missing.yaml"}}).status().message(), HasSubstr("cannot be read"));
}

TEST_F(ConfigLoaderTest, AFileThatIsEndlessThroughAliasesIsAnError) {
  EXPECT_THAT(ErrorOf("log: &a {level: info, again: *a}\n"), HasSubstr("nested over 16 deep"));
  std::string doubling = "a0: &a0 {}\n";
  for (int i = 1; i < 16; ++i) {
    std::string before = "*a" + std::to_string(i - 1);
    doubling += fmt::format("a{0}: &a{0} {{x: {1}, y: {1}}}\n", i, before);
  }
  EXPECT_THAT(ErrorOf(doubling), HasSubstr("over 10000 keys"));
}

TEST_F(ConfigLoaderTest, WhatIsNotTextIsAnError) {
  EXPECT_THAT(ErrorOf("state.dir: \"a\\0b\"\n"), HasSubstr("bad.yaml:1: state.dir: must be UTF-8, without a NUL"));
  EXPECT_THAT(ErrorOf("kafka: {\"acks\\0\": 0}\n"), HasSubstr("without a NUL"));
  EXPECT_THAT(ErrorOf("kafka: {sasl.username: \"a\\0b\"}\n"), HasSubstr("kafka.sasl.username: must be UTF-8"));
  const Result<LoadedConfig> loaded = LoadConfig({.environment = {{"ODOMETER_STATE_DIR", "caf\xe9"}}});
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.status().message(), HasSubstr("ODOMETER_STATE_DIR: state.dir: must be UTF-8"));
}

TEST_F(ConfigLoaderTest, RulesBetweenOptionsAreChecked) {
  EXPECT_THAT(ErrorOf("tiers: 1s:1h,1500ms:1d"), HasSubstr("tiers"));
  EXPECT_THAT(ErrorOf("commit.max.interval: 50ms"), HasSubstr("shorter than commit.interval"));
  EXPECT_THAT(ErrorOf("ingest.delivery.timeout: 40s"), HasSubstr("http.response.timeout must be longer"));
  EXPECT_THAT(ErrorOf("query.read.timeout: 40s"), HasSubstr("http.response.timeout must be longer"));
  EXPECT_THAT(ErrorOf("query.min_offset.timeout: 25s"), HasSubstr("query.read.timeout must be longer"));
}

TEST_F(ConfigLoaderTest, StatsdIsForThisMachineUnlessItIsOpen) {
  const Result<LoadedConfig> none = LoadConfig({});
  EXPECT_EQ(none->config.statsd.listen, "");
  EXPECT_EQ(none->config.statsd.org, kDefaultOrg);
  const Result<LoadedConfig> loaded = LoadConfig({.files = {
      File("statsd.yaml", "ingest: {statsd: {listen: '0.0.0.0:8125', org: acme, open: true}}\n")}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(loaded->config.statsd.listen, "0.0.0.0:8125");
  EXPECT_EQ(loaded->config.statsd.org, "acme");
  EXPECT_THAT(ErrorOf("ingest.statsd.listen: 0.0.0.0:8125"), HasSubstr("ingest.statsd.open: true"));
  EXPECT_THAT(ErrorOf("ingest.statsd.listen: '[::1]:8125'"), HasSubstr("no error"));
  EXPECT_THAT(ErrorOf("ingest.statsd.listen: nonsense"), HasSubstr("ingest.statsd.listen"));
  EXPECT_THAT(ErrorOf("ingest.statsd.org: __overflow__"), HasSubstr("the name of an org"));
}

TEST_F(ConfigLoaderTest, KafkaPropertiesThatExactCountsNeedAreRefused) {
  EXPECT_THAT(ErrorOf("kafka.isolation.level: read_uncommitted"), HasSubstr("exact counts need read_committed"));
  EXPECT_THAT(ErrorOf("kafka: {group.id: mine}"), HasSubstr("use application"));
  EXPECT_THAT(ErrorOf("kafka: {session.timeout.ms: 1}"), HasSubstr("use session.timeout"));
  EXPECT_THAT(ErrorOf("kafka: {enable.partition.eof: true}"), HasSubstr("Odometer sets this property itself"));
  EXPECT_THAT(ErrorOf("kafka: {group.protocol: consumer}"), HasSubstr("Odometer sets this property itself"));
}

TEST_F(ConfigLoaderTest, KafkaPropertiesThatHaveAnOptionAreRefusedWithIt) {
  for (const auto& [property, option] : std::map<std::string, std::string>{
           {"linger.ms", "ingest.linger"},
           {"queue.buffering.max.ms", "ingest.linger"},
           {"message.timeout.ms", "ingest.delivery.timeout"},
           {"delivery.timeout.ms", "ingest.delivery.timeout"},
           {"queue.buffering.max.messages", "ingest.queue.records"},
           {"queue.buffering.max.kbytes", "ingest.queue.size"},
           {"queued.min.messages", "prefetch.records"},
           {"queued.max.messages.kbytes", "memory.limit"}}) {
    EXPECT_THAT(ErrorOf("kafka." + property + ": 1"), HasSubstr("use " + option + ")")) << property;
  }
}

TEST_F(ConfigLoaderTest, WhatLibrdkafkaDoesNotTakeIsRefusedWithoutItsValue) {
  const std::string unknown = ErrorOf("kafka: {sasl.passwrd: hunter2}");
  EXPECT_THAT(unknown, HasSubstr("bad.yaml:1: kafka.sasl.passwrd: librdkafka has no such property; the nearest is "
                                 "sasl.password"));
  EXPECT_THAT(unknown, Not(HasSubstr("hunter2")));
  const std::string bad = ErrorOf("kafka: {security.protocol: hunter3}");
  EXPECT_THAT(bad, HasSubstr("kafka.security.protocol: librdkafka does not take this value"));
  EXPECT_THAT(bad, Not(HasSubstr("hunter3")));
}

TEST_F(ConfigLoaderTest, AnUnknownKeyIsAnErrorWithoutAValueToo) {
  EXPECT_THAT(ErrorOf("commit:\n  intervall:\n"), HasSubstr("bad.yaml:2: no option commit.intervall"));
  EXPECT_THAT(ErrorOf("comit:\n"), HasSubstr("no option comit"));
  EXPECT_THAT(ErrorOf("kafka:\n  sasl.passwrd:\n"), HasSubstr("no option kafka.sasl.passwrd"));
}

TEST_F(ConfigLoaderTest, AKnownKeyOrSectionWithoutValueIsAbsent) {
  const Result<LoadedConfig> loaded = LoadConfig({.files = {File("empty.yaml", "kafka:\n  sasl:\ncommit:\nlog.level:\n")}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  EXPECT_EQ(OriginOf(*loaded, "log.level"), "default");
}

TEST_F(ConfigLoaderTest, TheAdvertisedAddressFollowsTheListener) {
  Result<LoadedConfig> loaded = LoadConfig({.flags = {{"query.listen", "10.0.0.5:7000", "--set"}}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->config.processor.advertised_address, "10.0.0.5:7000");
  EXPECT_EQ(OriginOf(*loaded, "query.advertised"), "query.listen");
  loaded = LoadConfig(
      {.flags = {{"query.listen", "0.0.0.0:7000", "--set"}, {"query.advertised", "host-1:7000", "--set"}}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->config.processor.advertised_address, "host-1:7000");
}

// Each token with its org and scope: 1 read, 2 write, 3 all.
std::string Text(const AuthConfig& auth) {
  std::string text;
  for (const auto& token : auth.tokens) {
    text += fmt::format("{}={}/{} ", token.text, token.grant.org, static_cast<int>(token.grant.scope));
  }
  return text;
}

TEST_F(ConfigLoaderTest, TokensAreOneMapHoweverTheyAreWritten) {
  const std::string expected = "123456=org_01/3 a.b.c==org_02/1 ";
  for (const char* yaml : {"auth:\n  tokens:\n    123456: org_01\n    a.b.c=: {org: org_02, scope: read}\n",
                           "auth.tokens:\n  123456: org_01\n  a.b.c=:\n    org: org_02\n    scope: read\n",
                           "auth: {tokens: {123456: org_01, \"a.b.c=\": {scope: read, org: org_02}}}\n",
                           R"(auth.tokens: '{"123456":"org_01","a.b.c=":{"org":"org_02","scope":"read"}}')"}) {
    const Result<LoadedConfig> loaded = LoadConfig({.files = {File("tokens.yaml", yaml)}});
    ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
    EXPECT_EQ(Text(loaded->config.auth), expected) << yaml;
  }
  const Result<LoadedConfig> variable = LoadConfig({.environment = {
      {"ODOMETER_AUTH_TOKENS", R"({"123456":"org_01","a.b.c=":{"org":"org_02","scope":"read"}})"}, {"ODOMETER_TOKEN", "x"}}});
  ASSERT_TRUE(variable.ok()) << variable.status().ToString();
  EXPECT_EQ(Text(variable->config.auth), expected);
}

TEST_F(ConfigLoaderTest, ALaterMapOfTokensReplacesAnEarlierOne) {
  const Result<LoadedConfig> loaded = LoadConfig(
      {.files = {File("1.yaml", "auth.tokens: {a: x, b: y}\n"), File("2.yaml", "auth: {tokens: {c: z}}\n")}});
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(Text(loaded->config.auth), "c=z/3 ");
}

TEST_F(ConfigLoaderTest, NoTokenIsEverShown) {
  const std::string bad[] = {
      "auth: {tokens: {S3CRET: ''}}\n",
      "auth: {tokens: {S3CRET: [x]}}\n",
      "auth: {tokens: {S3CRET: {org: {x: y}}}}\n",
      "auth: {tokens: {S3CRET: {org: x, scope: S3CRET}}}\n",
      "auth: {tokens: {S3CRET: x, S3CRET: y}}\n",
      "auth: {tokens: {S3CRET: }}\n",
      "auth: {tokens: S3CRET}\n",
      "auth: {tokens: [S3CRET]}\n",
      "auth.tokens.S3CRET: org\n",
      "auth.tokens.S3CRET: org\nauth.tokens.S3CRET: org2\n",
      "auth: {token: {S3CRET: org}}\n",
      "auth: {Tokens: {S3CRET: org}}\n",
      "tokens: {S3CRET: org}\n",
      "api_tokens: {S3CRET: }\n",
      "auth: {tokens: {\"S3CRET\\0\": org}}\n",
      "auth.session.secret: S3CRET\n",
      "auth.open: true\nauth.tokens: {S3CRET: org}\n",
      "auth.tokens: {abc: S3CRET, sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad: S3CRET}\n",
  };
  for (const std::string& yaml : bad) {
    EXPECT_THAT(ErrorOf(yaml), AllOf(Not(HasSubstr("no error")), Not(HasSubstr("S3CRET")))) << yaml;
  }
  const Result<LoadedConfig> variable = LoadConfig({.environment = {{"ODOMETER_AUTH_TOKENS_S3CRET", "org"},
                                                                    {"ODOMETER_AUTH_TOKENS", "S3CRET"}}});
  EXPECT_THAT(variable.status().message(), Not(HasSubstr("S3CRET")));

  const Result<LoadedConfig> good = LoadConfig(
      {.files = {File("good.yaml", "auth: {tokens: {S3CRET: org}, session.secret: S3CRET-0123456789}\n")}});
  ASSERT_TRUE(good.ok()) << good.status().ToString();
  EXPECT_THAT(EffectiveConfigText(good->settings), AllOf(Not(HasSubstr("S3CRET")), HasSubstr("auth.tokens: \"*****")));
}

TEST_F(ConfigLoaderTest, AnErrorInATokenNamesItsLineAndEntry) {
  EXPECT_THAT(ErrorOf("log.level: info\nauth:\n  tokens:\n    a: x\n    b: {org: y, scope: admin}\n"),
              HasSubstr("bad.yaml:3: auth.tokens: entry 2: a scope is read, write or all"));
}

TEST_F(ConfigLoaderTest, WebhooksAreAMapAndNeedAHostOnTheListAndASecret) {
  const std::string webhooks = "alerts: {webhooks: {acme.x: 'https://Hooks.example/S3CRET', b: 'http://h/'}}\n";
  const std::string hosts = "alerts.webhook.hosts: [hooks.example, h]\n";
  const std::string secret = "alerts.webhook.secret: 0123456789abcdef\n";
  const Result<LoadedConfig> loaded = LoadConfig({.files = {File("w.yaml", webhooks + hosts + secret)}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  const auto& delivery = loaded->config.webhook.options.delivery;
  ASSERT_EQ(delivery.targets.size(), 2u);
  EXPECT_EQ(delivery.targets[0].org, "acme.x");
  EXPECT_EQ(delivery.targets[0].url, "https://Hooks.example/S3CRET");
  EXPECT_EQ(delivery.secret, "0123456789abcdef");
  EXPECT_THAT(EffectiveConfigText(loaded->settings), Not(AnyOf(HasSubstr("S3CRET"), HasSubstr("0123456789abcdef"))));

  EXPECT_THAT(ErrorOf(webhooks + hosts), HasSubstr("alerts.webhooks needs alerts.webhook.secret"));
  EXPECT_THAT(ErrorOf(webhooks + secret), HasSubstr("the host of entry 1, hooks.example, is not in alerts.webhook.hosts"));
  EXPECT_THAT(ErrorOf(webhooks + secret + "alerts.webhook.hosts: [HOOKS.example]\n"), HasSubstr("entry 2, h,"));
  EXPECT_THAT(ErrorOf("alerts.webhook.secret: S3CRET\n"), AllOf(HasSubstr("at least 16"), Not(HasSubstr("S3CRET"))));
  EXPECT_THAT(ErrorOf("alerts: {webhooks: {a: 'ftp://S3CRET'}}\n"), AllOf(HasSubstr("entry 1"), Not(HasSubstr("S3CRET"))));
}

}  // namespace
}  // namespace odometer::cli
