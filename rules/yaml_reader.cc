#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <tuple>

#include "common/base/nearest_word.h"
#include "common/model/event_decoder.h"
#include "common/model/utf8.h"
#include "rules/json_pointer.h"
#include "rules/yaml_reader_internal.h"

namespace odometer::rules {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr int kMaxNodes = 100'000;
constexpr size_t kMaxMistakes = 50;
constexpr size_t kShownBytes = 60;

// Written without quotes, so that it may be a number.
bool IsPlain(const YAML::Node& node) { return node.Tag() == "?"; }

class IgnoresEvents final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// Whether nothing is left behind the first document. YAML::LoadAll would say so too, but never ends on ",".
bool HasOneDocument(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  IgnoresEvents ignores;
  parser.HandleNextDocument(ignores);
  return !parser;
}

}  // namespace

std::optional<YAML::Node> YamlReader::Parse(std::string_view text) {
  if (text.size() > kMaxFileBytes) {
    Add(1, 1, fmt::format("the file has over {} bytes", kMaxFileBytes));
  } else if (!IsValidUtf8(text) || text.find('\0') != std::string_view::npos) {
    Add(1, 1, "the file is not UTF-8, or has a NUL");
  } else {
    try {
      const bool alone = HasOneDocument(std::string(text));
      YAML::Node document = YAML::Load(std::string(text));
      if (alone && !document.IsNull()) return document;
      Add(1, 1, alone ? "the file is empty" : "more than one document");
    } catch (const YAML::Exception& e) {
      Add(std::max(0, e.mark.line) + 1, std::max(0, e.mark.column) + 1, "not YAML: " + e.msg);
    }
  }
  return std::nullopt;
}

bool YamlReader::ReadPairs(const YAML::Node& node, std::string_view where,
                           const std::function<void(const YAML::Node&, const YAML::Node&)>& read) {
  if (!node.IsMap()) {
    Mistake(node, fmt::format("{} is a map of words and values", where));
    return false;
  }
  bool good = true;
  std::set<std::string> seen;
  for (const auto& pair : node) {
    if (!Count(pair.second)) return false;
    std::string wrong;
    if (!pair.first.IsScalar()) {
      wrong = fmt::format("a key in {} is a word", where);
    } else if (!seen.insert(pair.first.Scalar()).second) {
      wrong = fmt::format("{} stands twice in {}", Shown(pair.first.Scalar()), where);
    } else if (pair.second.IsNull()) {
      wrong = fmt::format("{} has no value", Shown(pair.first.Scalar()));
    } else {
      read(pair.first, pair.second);
      continue;
    }
    Mistake(pair.first.IsNull() ? node : pair.first, std::move(wrong));
    good = false;
  }
  return good;
}

bool YamlReader::ReadMap(const YAML::Node& node, std::string_view where, const std::vector<Word>& words) {
  bool all_known = true;
  const bool good = ReadPairs(node, where, [&](const YAML::Node& key, const YAML::Node& value) {
    for (const Word& word : words) {
      if (key.Scalar() == word.word) return word.read(value);
    }
    all_known = false;
    std::vector<std::string_view> known;
    for (const Word& word : words) known.push_back(word.word);
    Mistake(key, fmt::format("no word {} in {}; the nearest is {}", Shown(key.Scalar()), where,
                             NearestWord(key.Scalar(), known)));
  });
  return good && all_known;
}

void YamlReader::ReadList(const YAML::Node& node, std::string_view where,
                          const std::function<void(const YAML::Node& item)>& read) {
  if (!node.IsSequence()) return Mistake(node, fmt::format("{} is a list", where));
  if (node.size() == 0) return Mistake(node, fmt::format("{} is empty", where));
  for (const YAML::Node& item : node) {
    if (!Count(item)) return;
    read(item);
  }
}

std::optional<Constant> YamlReader::ReadConstant(const YAML::Node& node, std::string_view what) {
  if (!node.IsScalar()) {
    Mistake(node, fmt::format("{} is wanted here", what));
    return std::nullopt;
  }
  if (node.Scalar().size() > kMaxNameBytes) {
    Mistake(node, fmt::format("over {} bytes", kMaxNameBytes));
    return std::nullopt;
  }
  Constant constant;
  constant.text = node.Scalar();
  if (!IsPlain(node)) return constant;
  if (constant.text == "true" || constant.text == "false") {
    constant.kind = Constant::Kind::kBool;
    constant.boolean = constant.text == "true";
  } else if (std::optional<Number> number = ParseJsonNumber(constant.text)) {
    constant.kind = Constant::Kind::kNumber;
    constant.number = *number;
  }
  return constant;
}

std::optional<bool> YamlReader::ReadBool(const YAML::Node& node, std::string_view what) {
  const std::optional<Constant> constant = ReadConstant(node, fmt::format("{}, true or false,", what));
  if (!constant) return std::nullopt;
  if (constant->kind == Constant::Kind::kBool) return constant->boolean;
  Mistake(node, fmt::format("{} is true or false, not {}", what, Shown(constant->text)));
  return std::nullopt;
}

std::optional<std::string> YamlReader::ReadName(const YAML::Node& node, std::string_view what) {
  if (!node.IsScalar()) {
    Mistake(node, fmt::format("{} is wanted here", what));
  } else if (node.Scalar().empty()) {
    Mistake(node, fmt::format("{} must not be empty", what));
  } else if (node.Scalar().size() > kMaxNameBytes || !IsValidUtf8(node.Scalar())) {
    Mistake(node, fmt::format("{} has at most {} bytes of UTF-8", what, kMaxNameBytes));
  } else {
    return node.Scalar();
  }
  return std::nullopt;
}

std::optional<FieldId> YamlReader::ReadPointer(const YAML::Node& node, FieldTable* fields) {
  if (!node.IsScalar()) {
    Mistake(node, "a pointer such as /order/amount is wanted here");
    return std::nullopt;
  }
  const std::string& text = node.Scalar();
  Result<std::vector<std::string>> tokens = ParseJsonPointer(text);
  if (tokens.ok()) return fields->Add(text, *tokens);
  std::string message = fmt::format("{} is no pointer: {}", Shown(text), tokens.status().message());
  if (!text.starts_with('/') && !text.empty()) message += fmt::format("; {} may be meant", Shown("/" + text));
  Mistake(node, std::move(message));
  return std::nullopt;
}

void YamlReader::Mistake(const YAML::Node& at, std::string message) {
  Add(std::max(0, at.Mark().line) + 1, std::max(0, at.Mark().column) + 1, std::move(message));
}

std::string YamlReader::Shown(std::string_view text) {
  std::string shown = "\"";
  for (char c : text.substr(0, kShownBytes)) shown += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  // Not half a character.
  while (!IsValidUtf8(shown)) shown.pop_back();
  return shown + (text.size() > kShownBytes ? "…\"" : "\"");
}

Status YamlReader::ToStatus() const {
  if (mistakes_.empty()) return Status::Ok();
  std::vector<Placed> sorted = mistakes_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Placed& a, const Placed& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  std::string text;
  for (const Placed& mistake : sorted) {
    if (!text.empty()) text += '\n';
    text += fmt::format("{}:{}:{}: {}", name_, mistake.line, mistake.column, mistake.message);
  }
  return Status::Invalid(std::move(text));
}

bool YamlReader::Count(const YAML::Node& node) {
  if (nodes_ > kMaxNodes) return false;
  if (++nodes_ <= kMaxNodes) return true;
  Mistake(node, fmt::format("over {} values", kMaxNodes));
  return false;
}

void YamlReader::Add(int line, int column, std::string message) {
  if (mistakes_.size() < kMaxMistakes) mistakes_.push_back({line, column, std::move(message)});
}

}  // namespace odometer::rules
