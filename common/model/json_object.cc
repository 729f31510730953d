#include "common/model/json_object.h"

#include <set>
#include <string>
#include <vector>

namespace odometer {

Status ParseUniqueObject(std::string_view text, std::string_view otherwise, nlohmann::ordered_json* object) {
  using Json = nlohmann::ordered_json;
  std::vector<std::set<std::string>> names;  // of the objects that are open
  bool twice = false;
  auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second) twice = true;
    return true;
  };
  // The parser takes a NUL for the end of its input, whatever follows.
  if (text.find('\0') != std::string_view::npos) return Status::Invalid(std::string(otherwise));
  *object = Json::parse(text, watch, /*allow_exceptions=*/false);
  if (object->is_discarded() || !object->is_object()) return Status::Invalid(std::string(otherwise));
  return twice ? Status::Invalid("no name may stand twice in it") : Status::Ok();
}

}  // namespace odometer
