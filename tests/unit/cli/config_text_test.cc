#include "cli/config/config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cli/config/options.h"

namespace odometer::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ConfigDocs, ThePageIsWhatTheTableSays) {
  std::ifstream page(std::string(ODOMETER_SOURCE_DIR) + "/docs/configuration.md");
  ASSERT_TRUE(page.good());
  std::stringstream text;
  text << page.rdbuf();
  EXPECT_EQ(text.str(), ConfigDocsMarkdown()) << "odometer config docs > docs/configuration.md";
}

TEST(Options, KeysAndEnvironmentNamesAreUniqueAndDescribed) {
  std::set<std::string> names;
  for (const Option& option : Options()) {
    EXPECT_TRUE(names.insert(EnvironmentName(option.key)).second) << option.key;
    EXPECT_TRUE(option.description.ends_with('.')) << option.key;
  }
}

TEST(EffectiveConfig, MasksSecretsAndNamesOrigins) {
  const Result<LoadedConfig> loaded =
      LoadConfig({.flags = {{"kafka.sasl.password", "hunter2", "--set"},
                            {"kafka.ssl.key.password", "hunter3", "--set"},
                            {"kafka.sasl.username", "odometer", "--set"}}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  const std::string text = EffectiveConfigText(loaded->settings);
  EXPECT_THAT(text, Not(HasSubstr("hunter")));
  EXPECT_THAT(text, HasSubstr("kafka.sasl.password: \"********\""));
  EXPECT_THAT(text, HasSubstr("kafka.sasl.username: \"odometer\""));
  EXPECT_THAT(text, HasSubstr("# --set"));
  EXPECT_THAT(text, HasSubstr("# default"));
}

TEST(IsSecret, KnowsWhatMustNotBeShown) {
  for (const char* key : {"kafka.sasl.password", "kafka.ssl.key.pem", "kafka.sasl.oauthbearer.client.secret",
                          "kafka.sasl.oauthbearer.assertion.private.key.passphrase"}) {
    EXPECT_TRUE(IsSecret(key)) << key;
  }
  for (const char* key : {"kafka.sasl.username", "kafka.ssl.ca.location", "commit.interval"}) {
    EXPECT_FALSE(IsSecret(key)) << key;
  }
}

TEST(EffectiveConfig, CanBeLoadedAgain) {
  const Result<LoadedConfig> loaded = LoadConfig(
      {.flags = {{"kafka.client.rack", "a \"b\": #c", "--set"}, {"tiers", "1s:1h,1m:forever", "--set"}}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  const std::string path = ::testing::TempDir() + "/odometer-effective-" + std::to_string(getpid()) + ".yaml";
  std::ofstream(path) << EffectiveConfigText(loaded->settings);
  const Result<LoadedConfig> again = LoadConfig({.files = {path}});
  std::filesystem::remove(path);
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_EQ(again->config.kafka(), loaded->config.kafka());
  EXPECT_EQ(again->config.processor.tiers, loaded->config.processor.tiers);
}

}  // namespace
}  // namespace odometer::cli
