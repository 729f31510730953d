#include "rules/rules_file.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "common/base/nearest_word.h"
#include "rules/action_reader_internal.h"
#include "rules/condition_reader_internal.h"
#include "rules/gauge_reader_internal.h"
#include "rules/json_pointer.h"
#include "rules/yaml_reader_internal.h"

namespace odometer::rules {
namespace {

// What `on` compares: KiloMetric's word for the kind of an event.
constexpr std::string_view kTypePointer = "/_type";
constexpr size_t kMaxRules = 1'000;
constexpr size_t kMaxTopics = 100;
// Kafka's own limits.
constexpr size_t kMaxTopicBytes = 249;
constexpr std::string_view kTopicCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

class RulesReader {
 public:
  explicit RulesReader(const std::string& name)
      : yaml_(name), conditions_(&yaml_, &rules_->fields), actions_(&yaml_, &rules_->fields) {}

  Result<std::shared_ptr<const RuleSet>> Read(std::string_view text) {
    if (std::optional<YAML::Node> root = yaml_.Parse(text)) ReadFile(*root);
    if (!yaml_.ok()) return yaml_.ToStatus();
    rules_->version = XXH3_64bits(text.data(), text.size());
    return std::shared_ptr<const RuleSet>(std::move(rules_));
  }

 private:
  void ReadFile(const YAML::Node& root) {
    std::optional<YAML::Node> events, gauges;
    bool has_sources = false;
    const std::vector<YamlReader::Word> words = {
        {"sources",
         [&](const YAML::Node& node) {
           has_sources = true;
           ReadSources(node);
         }},
        {"org", [&](const YAML::Node& node) { ReadOrg(node); }},
        {"time", [&](const YAML::Node& node) { time_ = ReadTime(node); }},
        // Read last, wherever they stand: rules refer to the others, and gauges to the rules.
        {"events", [&](const YAML::Node& node) { events.emplace(node); }},
        {"gauges", [&](const YAML::Node& node) { gauges.emplace(node); }}};
    const bool known = yaml_.ReadMap(root, "a rules file", words);
    if (known && !has_sources) yaml_.Mistake(root, "\"sources\" is missing: the topics whose records are read");
    if (!events) {
      if (known) yaml_.Mistake(root, "\"events\" is missing: what to do for which records");
      return;
    }
    yaml_.ReadList(*events, "\"events\"", [&](const YAML::Node& node) { ReadRule(node); });
    if (rules_->rules.size() > kMaxRules) yaml_.Mistake(*events, fmt::format("over {} rules", kMaxRules));
    rules_->gauges.org = rules_->org;
    if (gauges) rules_->gauges.gauges = GaugeReader(&yaml_, actions_.metrics()).Read(*gauges);
  }

  void ReadSources(const YAML::Node& node) {
    yaml_.ReadList(node, "\"sources\"", [&](const YAML::Node& item) {
      bool has_topic = false;
      std::optional<YAML::Node> post;
      const std::vector<YamlReader::Word> words = {{"topic",
                                                    [&](const YAML::Node& topic) {
                                                      has_topic = true;
                                                      AddTopic(topic);
                                                    }},
                                                   {"post", [&](const YAML::Node& value) { post.emplace(value); }}};
      if (yaml_.ReadMap(item, "a source", words) && !has_topic) yaml_.Mistake(item, "a source has a \"topic\"");
      if (!post || !yaml_.ReadBool(*post, "\"post\"").value_or(false) || !has_topic) return;
      if (rules_->posted) yaml_.Mistake(*post, "another source has \"post\" already: events go to one");
      rules_->posted = rules_->topics.empty() ? std::nullopt : std::optional(rules_->topics.size() - 1);
    });
  }

  void AddTopic(const YAML::Node& node) {
    std::optional<std::string> topic = yaml_.ReadName(node, "the name of a topic");
    if (!topic) return;
    if (topic->size() > kMaxTopicBytes || topic->find_first_not_of(kTopicCharacters) != std::string::npos) {
      yaml_.Mistake(node, "a topic has at most 249 letters of A-Z, a-z, 0-9, . _ -");
    } else if (std::find(rules_->topics.begin(), rules_->topics.end(), *topic) != rules_->topics.end()) {
      yaml_.Mistake(node, fmt::format("{} is a source already", YamlReader::Shown(*topic)));
    } else if (rules_->topics.size() == kMaxTopics) {
      return yaml_.Mistake(node, fmt::format("over {} sources", kMaxTopics));
    }
    rules_->topics.push_back(std::move(*topic));
  }

  void ReadOrg(const YAML::Node& node) {
    std::optional<std::string> org = yaml_.ReadName(node, "the name of an org");
    if (!org) return;
    if (*org == kOverflowName) yaml_.Mistake(node, fmt::format("{} is reserved", kOverflowName));
    rules_->org = std::move(*org);
  }

  TimeSource ReadTime(const YAML::Node& node) {
    TimeSource time;
    if (!node.IsMap()) {
      time.field = yaml_.ReadPointer(node, &rules_->fields);
      return time;
    }
    bool has_from = false;
    const std::vector<YamlReader::Word> words = {
        {"from",
         [&](const YAML::Node& from) {
           has_from = true;
           time.field = yaml_.ReadPointer(from, &rules_->fields);
         }},
        {"unit", [&](const YAML::Node& unit) {
           const std::optional<std::string> word = yaml_.ReadName(unit, "s or ms");
           if (!word) return;
           time.seconds = *word == "s";
           if (*word == "s" || *word == "ms") return;
           yaml_.Mistake(unit, fmt::format("\"unit\" is s or ms, not {}", YamlReader::Shown(*word)));
         }}};
    const bool known = yaml_.ReadMap(node, "\"time\"", words);
    if (known && !has_from) yaml_.Mistake(node, "\"time\" has \"from\", a pointer");
    return time;
  }

  void ReadRule(const YAML::Node& node) {
    Rule rule;
    rule.line = YamlReader::LineOf(node);
    rule.time = time_;
    std::vector<LabelSource> labels;
    std::optional<YAML::Node> actions;
    auto add = [&](Condition condition) { rule.condition.children.push_back(std::move(condition)); };
    const std::vector<YamlReader::Word> words = {
        {"on", [&](const YAML::Node& value) { add(conditions_.ReadEqual(value, TypeField())); }},
        {"match", [&](const YAML::Node& value) { add(conditions_.ReadMatch(value)); }},
        {"when", [&](const YAML::Node& value) { add(conditions_.ReadWhen(value)); }},
        {"topic", [&](const YAML::Node& value) { rule.topic = ReadTopic(value); }},
        {"time", [&](const YAML::Node& value) { rule.time = ReadTime(value); }},
        {"labels", [&](const YAML::Node& value) { labels = actions_.ReadLabels(value); }},
        {"do", [&](const YAML::Node& value) { actions.emplace(value); }}};
    const bool known = yaml_.ReadMap(node, "an item of \"events\"", words);
    if (actions) {
      rule.actions = actions_.ReadActions(*actions, labels);
    } else if (known) {
      yaml_.Mistake(node, "\"do\" is missing: what to count");
    }
    rules_->rules.push_back(std::move(rule));
  }

  FieldId TypeField() { return rules_->fields.Add(kTypePointer, *ParseJsonPointer(kTypePointer)); }

  std::optional<size_t> ReadTopic(const YAML::Node& node) {
    const std::optional<std::string> topic = yaml_.ReadName(node, "the name of a topic");
    if (!topic) return std::nullopt;
    const auto found = std::find(rules_->topics.begin(), rules_->topics.end(), *topic);
    if (found != rules_->topics.end()) return static_cast<size_t>(found - rules_->topics.begin());
    const std::string nearest = NearestWord(*topic, rules_->topics);
    yaml_.Mistake(node, fmt::format("{} is none of \"sources\"{}", YamlReader::Shown(*topic),
                                    nearest.empty() ? "" : "; the nearest is " + nearest));
    return std::nullopt;
  }

  YamlReader yaml_;
  std::shared_ptr<RuleSet> rules_ = std::make_shared<RuleSet>();
  ConditionReader conditions_;
  ActionReader actions_;
  TimeSource time_;
};

}  // namespace

Result<std::shared_ptr<const RuleSet>> CompileRules(std::string_view yaml, const std::string& name) {
  return RulesReader(name).Read(yaml);
}

Result<std::shared_ptr<const RuleSet>> LoadRules(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 4096> part;
  while (file.read(part.data(), part.size()), file.gcount() > 0) text.append(part.data(), file.gcount());
  if (!file.is_open() || file.bad()) return Status::Invalid(path + ": cannot be read");
  return CompileRules(text, path);
}

}  // namespace odometer::rules
