#include "ingest/array_splitter.h"

#include "common/model/json_text.h"

namespace odometer {
namespace {

// Where the string that begins at `at` ends, one past its closing quote; npos when it does not.
size_t EndOfString(std::string_view json, size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// Where the item that begins at `at` ends: at a comma or bracket of the array around it; npos when it does not.
size_t EndOfItem(std::string_view json, size_t at) {
  size_t depth = 0;
  while (at < json.size()) {
    switch (json[at]) {
      case '"':
        at = EndOfString(json, at);
        continue;
      case '[':
      case '{':
        ++depth;
        break;
      case ']':
      case '}':
        if (depth == 0) return json[at] == ']' ? at : std::string_view::npos;
        --depth;
        break;
      case ',':
        if (depth == 0) return at;
        break;
      default:
        break;
    }
    ++at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string_view TrimJson(std::string_view json) {
  size_t first = json.find_first_not_of(kJsonWhiteSpace);
  if (first == std::string_view::npos) return {};
  return json.substr(first, json.find_last_not_of(kJsonWhiteSpace) - first + 1);
}

std::optional<std::vector<std::string_view>> SplitJsonArray(std::string_view json) {
  json = TrimJson(json);
  std::vector<std::string_view> items;
  if (json.size() >= 2 && json.back() == ']' && TrimJson(json.substr(1, json.size() - 2)).empty()) return items;
  size_t at = 0;  // of the bracket or comma before the next item
  do {
    const size_t begin = at + 1;
    at = EndOfItem(json, begin);
    if (at == std::string_view::npos) return std::nullopt;
    items.push_back(TrimJson(json.substr(begin, at - begin)));
    if (items.back().empty()) return std::nullopt;
  } while (json[at] == ',');
  if (at + 1 != json.size()) return std::nullopt;
  return items;
}

}  // namespace odometer
