#include "cli/config/config_loader.h"

#include <fmt/format.h>
#include <regex.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "cli/config/config_values.h"
#include "cli/config/options.h"
#include "cli/config/yaml_file.h"
#include "common/base/ascii.h"
#include "common/kafka/properties.h"
#include "common/model/utf8.h"

namespace odometer::cli {
namespace {

// Kubernetes puts variables like these for every service of that name into each container; they are not meant for us.
bool IsServiceVariable(const std::string& name) {
  // POSIX's, not std::regex, whose stack grows with the text that it is given.
  static const regex_t pattern = [] {
    regex_t compiled;
    regcomp(&compiled, "^ODOMETER(_.*)?_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_[0-9]+_(TCP|UDP)(_.*)?)$",
            REG_EXTENDED | REG_NOSUB);
    return compiled;
  }();
  return regexec(&pattern, name.c_str(), 0, nullptr, 0) == 0;
}

// Whether the text can be shown and read again, and means the same to libraries that take a NUL for its end.
bool IsText(std::string_view text) { return IsValidUtf8(text) && text.find('\0') == std::string_view::npos; }

class Loader {
 public:
  Loader() {
    for (const Option& option : Options()) {
      by_key_[option.key] = &option;
      by_environment_name_[EnvironmentName(option.key)] = &option;
      Set(option, option.default_text, "default");
    }
  }

  void AddFile(const std::string& path) {
    Result<std::vector<FileSetting>> settings = ReadYamlFile(path, {std::string(kTokensKey), std::string(kWebhooksKey)});
    if (!settings.ok()) {
      errors_.push_back(settings.status().message());
      return;
    }
    for (const FileSetting& setting : *settings) {
      std::string origin = fmt::format("{}:{}", path, setting.line);
      if (!setting.error.empty()) {
        errors_.push_back(fmt::format("{}: {}: {}", origin, ShownKey(setting.key), setting.error));
      } else if (setting.has_value) {
        Add(setting.key, setting.text, origin);
      } else if (!KnowsKeyOrSection(setting.key)) {
        errors_.push_back(UnknownKey(setting.key, origin));
      }
    }
  }

  void AddVariable(const std::string& name, const std::string& value) {
    static const std::string kKafkaVariables = EnvironmentName(kKafkaPrefix);
    if (!name.starts_with("ODOMETER_") || name == kTokenVariable || IsServiceVariable(name)) return;
    if (auto known = by_environment_name_.find(name); known != by_environment_name_.end()) {
      Set(*known->second, value, name);
    } else if (name.starts_with(kKafkaVariables)) {
      std::string property = ToLower(name.substr(kKafkaVariables.size()));
      for (char& c : property) c = c == '_' ? '.' : c;
      SetKafka(property, value, name);
    } else {
      std::string key = ToLower(name.substr(std::string_view("ODOMETER_").size()));
      for (char& c : key) c = c == '_' ? '.' : c;
      errors_.push_back(
          fmt::format("{}: no such option; the nearest is {}", ShownKey(name), EnvironmentName(NearestKey(key))));
    }
  }

  void Add(const std::string& key, const std::string& text, const std::string& origin) {
    if (auto known = by_key_.find(key); known != by_key_.end()) {
      Set(*known->second, text, origin);
    } else if (key.starts_with(kKafkaPrefix) && key.size() > kKafkaPrefix.size()) {
      SetKafka(key.substr(kKafkaPrefix.size()), text, origin);
    } else {
      errors_.push_back(UnknownKey(key, origin));
    }
  }

  Result<LoadedConfig> Finish() && {
    if (errors_.empty()) {
      if (Status status = CheckTogether(config_); !status.ok()) errors_.push_back(status.message());
    }
    if (!errors_.empty()) return Status::Invalid(fmt::format("{}", fmt::join(errors_, "\n")));
    config_.query.tiers = config_.processor.tiers;
    // Whoever moves the query process means its address to be the one that others are told.
    if (Setting& advertised = settings_["query.advertised"]; advertised.origin == "default") {
      advertised.text = config_.query_listen;
      advertised.origin = "query.listen";
      config_.processor.advertised_address = config_.query_listen;
    }
    if (Setting& run_dir = settings_["run.dir"]; run_dir.origin == "default") {
      run_dir.text = config_.processor.state_dir + "/run";
      run_dir.origin = "state.dir";
      config_.run_dir = run_dir.text;
    }
    LoadedConfig loaded;
    loaded.config = std::move(config_);
    for (const Option& option : Options()) loaded.settings.push_back(settings_.at(option.key));
    for (auto& [key, setting] : settings_) {
      if (!by_key_.contains(key)) loaded.settings.push_back(setting);
    }
    return loaded;
  }

 private:
  static std::string UnknownKey(const std::string& key, const std::string& origin) {
    return fmt::format("{}: no option {}; the nearest is {}", origin, ShownKey(key), NearestKey(key));
  }

  static std::string NotText(const std::string& key, const std::string& origin) {
    return fmt::format("{}: {}: must be UTF-8, without a NUL", origin, key);
  }

  bool KnowsKeyOrSection(const std::string& key) const {
    auto is_or_begins = [&](std::string_view known) { return known == key || known.starts_with(key + "."); };
    if (std::any_of(by_key_.begin(), by_key_.end(), [&](const auto& option) { return is_or_begins(option.first); })) {
      return true;
    }
    const std::vector<std::string> properties = KafkaPropertyNames();
    return std::any_of(properties.begin(), properties.end(),
                       [&](const std::string& property) { return is_or_begins(std::string(kKafkaPrefix) + property); });
  }

  void Set(const Option& option, const std::string& text, const std::string& origin) {
    if (!IsText(text)) {
      errors_.push_back(NotText(option.key, origin));
      return;
    }
    if (Status status = option.set(text, &config_); !status.ok()) {
      errors_.push_back(IsSecret(option.key)
                            ? fmt::format("{}: {}: {}", origin, option.key, status.message())
                            : fmt::format("{}: {}: \"{}\" is not {}", origin, option.key, text, status.message()));
      return;
    }
    settings_[option.key] = Setting{option.key, text, origin};
  }

  void SetKafka(const std::string& property, const std::string& text, const std::string& origin) {
    const std::string key = std::string(kKafkaPrefix) + property;
    if (!IsText(property) || !IsText(text)) {
      errors_.push_back(NotText(key, origin));
      return;
    }
    if (Status status = CheckKafkaOption(property, text); !status.ok()) {
      errors_.push_back(fmt::format("{}: {}: {}", origin, key, status.message()));
      return;
    }
    config_.processor.kafka[property] = text;
    settings_[key] = Setting{key, text, origin};
  }

  Config config_;
  std::map<std::string, Setting> settings_;
  std::map<std::string, const Option*> by_key_;
  std::map<std::string, const Option*> by_environment_name_;
  std::vector<std::string> errors_;
};

}  // namespace

Result<LoadedConfig> LoadConfig(const ConfigInput& input) {
  Loader loader;
  for (const std::string& file : input.files) loader.AddFile(file);
  for (const auto& [name, value] : input.environment) loader.AddVariable(name, value);
  for (const ConfigInput::Flag& flag : input.flags) loader.Add(flag.key, flag.value, flag.flag);
  return std::move(loader).Finish();
}

std::vector<std::pair<std::string, std::string>> ProcessEnvironment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace odometer::cli
