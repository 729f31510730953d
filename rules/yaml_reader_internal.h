// Walks through a YAML file, and gathers what is wrong with it. Load time only.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "rules/condition.h"
#include "rules/field_table.h"

namespace odometer::rules {

class YamlReader {
 public:
  struct Word {
    std::string_view word;
    std::function<void(const YAML::Node& value)> read;
  };

  // `name`: of the file, in messages.
  explicit YamlReader(std::string name) : name_(std::move(name)) {}

  // The file's one document. Nothing, and a mistake, when it cannot be read.
  std::optional<YAML::Node> Parse(std::string_view text);

  // Calls the words that the map has, in its order. Mistakes: no map, unknown and repeated words, words without a
  // value. `where` says what the map is, as in "a source". False when
  // there were any: then what is missing may be misspelt.
  bool ReadMap(const YAML::Node& node, std::string_view where, const std::vector<Word>& words);
  // Calls `read` for each pair of a map whose keys are names. False like ReadMap.
  bool ReadPairs(const YAML::Node& node, std::string_view where,
                 const std::function<void(const YAML::Node& key, const YAML::Node& value)>& read);
  // Calls `read` for each item of a list that is not empty.
  void ReadList(const YAML::Node& node, std::string_view where,
                const std::function<void(const YAML::Node& item)>& read);

  // A text, number or boolean. `what` says what is wanted, as in "a number or a pointer".
  std::optional<Constant> ReadConstant(const YAML::Node& node, std::string_view what);
  std::optional<bool> ReadBool(const YAML::Node& node, std::string_view what);
  // A scalar as it is spelled; UTF-8, not empty, at most kMaxNameBytes.
  std::optional<std::string> ReadName(const YAML::Node& node, std::string_view what);
  // A JSON Pointer, which becomes a field of the table.
  std::optional<FieldId> ReadPointer(const YAML::Node& node, FieldTable* fields);

  void Mistake(const YAML::Node& at, std::string message);
  static int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }
  // As it is shown in a message: quoted, and of a long one the beginning.
  static std::string Shown(std::string_view text);

  bool ok() const { return mistakes_.empty(); }
  // kInvalid: each mistake on a line of its own, in the order of the file.
  Status ToStatus() const;

 private:
  struct Placed {
    int line;
    int column;
    std::string message;
  };

  // Through its aliases a short file can have nodes without end. False: there are too many, and a mistake says so.
  bool Count(const YAML::Node& node);
  void Add(int line, int column, std::string message);

  const std::string name_;
  std::vector<Placed> mistakes_;
  int nodes_ = 0;
};

}  // namespace odometer::rules
