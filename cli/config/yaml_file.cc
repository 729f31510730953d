#include "cli/config/yaml_file.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace odometer::cli {
namespace {

// One item of the tiers' list as "size:retention".
std::string TierText(const YAML::Node& item, std::string* error) {
  std::string size;
  std::string retention;
  for (const auto& pair : item) {
    std::string key = pair.first.as<std::string>();
    if (key != "size" && key != "retention") *error = "a tier has size and retention, not " + key;
    if (!pair.second.IsScalar()) {
      *error = "a tier's " + key + " is a duration";
    } else {
      (key == "size" ? size : retention) = pair.second.as<std::string>();
    }
  }
  if (error->empty() && (size.empty() || retention.empty())) *error = "a tier needs both size and retention";
  return size + ":" + retention;
}

std::string ListText(const YAML::Node& list, std::string* error) {
  std::string text;
  for (const YAML::Node& item : list) {
    if (!text.empty()) text += ",";
    if (item.IsMap()) {
      text += TierText(item, error);
    } else if (item.IsScalar()) {
      text += item.as<std::string>();
    } else {
      *error = "a list in a list";
    }
  }
  return text;
}

// Far more than a configuration needs. Through its aliases a short file can have keys without end.
constexpr int kMaxDepth = 16;
constexpr int kMaxKeys = 10'000;

std::string JsonText(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A name that stands twice is in the text twice. Empty when there are more keys than there may be.
std::string JsonText(const YAML::Node& map, int depth, int* keys, std::string* error) {
  std::string text = "{";
  for (const auto& pair : map) {
    if (++*keys > kMaxKeys) return "";
    if (text.size() > 1) text += ',';
    text += JsonText(pair.first.as<std::string>()) + ':';
    if (pair.second.IsScalar()) {
      text += JsonText(pair.second.as<std::string>());
    } else if (pair.second.IsMap() && depth == 1) {
      text += JsonText(pair.second, depth + 1, keys, error);
    } else {
      *error = "must be a map of texts, and of maps of texts";
      text += "null";
    }
  }
  return text + '}';
}

// Adds to *keys those that it finds. False, and not to the end, when there are more, or deeper ones, than there may be.
bool Flatten(const YAML::Node& map, const std::string& prefix, int depth, const std::set<std::string>& whole_maps,
             int* keys, std::vector<FileSetting>* out) {
  if (depth > kMaxDepth) return false;
  for (const auto& pair : map) {
    if (++*keys > kMaxKeys) return false;
    FileSetting setting;
    setting.key = prefix + pair.first.as<std::string>();
    setting.line = pair.first.Mark().line + 1;
    switch (pair.second.Type()) {
      case YAML::NodeType::Map:
        if (whole_maps.contains(setting.key)) {
          setting.text = JsonText(pair.second, 1, keys, &setting.error);
          if (*keys > kMaxKeys) return false;
          break;
        }
        if (!Flatten(pair.second, setting.key + ".", depth + 1, whole_maps, keys, out)) return false;
        continue;
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        setting.has_value = false;
        break;
      case YAML::NodeType::Sequence:
        setting.text = ListText(pair.second, &setting.error);
        break;
      case YAML::NodeType::Scalar:
        setting.text = pair.second.as<std::string>();
        break;
    }
    out->push_back(std::move(setting));
  }
  return true;
}

}  // namespace

Result<std::vector<FileSetting>> ReadYamlFile(const std::string& path, const std::set<std::string>& whole_maps) {
  std::ifstream file(path);
  if (!file) return Status::Invalid(path + ": cannot be read");
  std::vector<FileSetting> settings;
  try {
    YAML::Node root = YAML::Load(file);
    if (root.IsNull()) return settings;
    if (!root.IsMap()) return Status::Invalid(path + ": not a list of keys and values");
    int keys = 0;
    if (!Flatten(root, "", 1, whole_maps, &keys, &settings)) {
      return Status::Invalid(fmt::format("{}: over {} keys, or nested over {} deep", path, kMaxKeys, kMaxDepth));
    }
  } catch (const YAML::Exception& e) {
    return Status::Invalid(fmt::format("{}:{}: {}", path, e.mark.line + 1, e.msg));
  }
  std::set<std::string> seen;
  for (FileSetting& setting : settings) {
    if (!seen.insert(setting.key).second) setting.error = "stands twice in this file";
  }
  return settings;
}

}  // namespace odometer::cli
