#include "common/encoding/cloud_event.h"

#include <simdjson.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/encoding/encoding.h"
#include "common/model/json_text.h"

namespace odometer {
namespace {

namespace ondemand = simdjson::ondemand;

// Calls visit(key, value) for each member; an error ends it.
template <typename Visit>
simdjson::error_code VisitMembers(ondemand::parser* parser, const simdjson::padded_string& json, Visit visit) {
  ondemand::document document;
  ondemand::object object;
  if (simdjson::error_code error = parser->iterate(json).get(document); error != simdjson::SUCCESS) return error;
  if (simdjson::error_code error = document.get_object().get(object); error != simdjson::SUCCESS) return error;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (simdjson::error_code error = field.unescaped_key().get(key); error != simdjson::SUCCESS) return error;
    if (simdjson::error_code error = field.value().get(value); error != simdjson::SUCCESS) return error;
    if (simdjson::error_code error = visit(key, value); error != simdjson::SUCCESS) return error;
  }
  return simdjson::SUCCESS;
}

// Whether it is there: null is as good as none.
simdjson::error_code ReadPresence(ondemand::value value, bool* present) {
  ondemand::json_type type;
  if (simdjson::error_code error = value.type().get(type); error != simdjson::SUCCESS) return error;
  *present = type != ondemand::json_type::null;
  return simdjson::SUCCESS;
}

// A text; null is as good as none.
simdjson::error_code ReadText(ondemand::value value, std::string* text) {
  bool present = false;
  if (simdjson::error_code error = ReadPresence(value, &present); error != simdjson::SUCCESS) return error;
  text->clear();
  if (!present) return simdjson::SUCCESS;
  std::string_view view;
  const simdjson::error_code error = value.get_string().get(view);
  *text = view;
  return error;
}

// The value's own bytes.
simdjson::error_code ReadJson(ondemand::value value, std::string* json) {
  ondemand::json_type type;
  if (simdjson::error_code error = value.type().get(type); error != simdjson::SUCCESS) return error;
  const bool container = type == ondemand::json_type::object || type == ondemand::json_type::array;
  std::string_view view = value.raw_json_token();
  simdjson::error_code error = simdjson::SUCCESS;
  if (container) error = simdjson::to_json_string(value).get(view);
  *json = view;
  return error;
}

struct Envelope {
  std::string specversion, id, source, time, data_content_type, data;
  bool has_binary_data = false;
};

simdjson::error_code ReadEnvelope(std::string_view text, Envelope* envelope) {
  thread_local ondemand::parser parser;
  return VisitMembers(&parser, simdjson::padded_string(text), [&](std::string_view key, ondemand::value value) {
    if (key == "specversion") return ReadText(value, &envelope->specversion);
    if (key == "id") return ReadText(value, &envelope->id);
    if (key == "source") return ReadText(value, &envelope->source);
    if (key == "time") return ReadText(value, &envelope->time);
    if (key == "datacontenttype") return ReadText(value, &envelope->data_content_type);
    if (key == "data") return ReadJson(value, &envelope->data);
    if (key == "data_base64") return ReadPresence(value, &envelope->has_binary_data);
    return simdjson::SUCCESS;
  });
}

// Which of its members an event has: null is as good as none, and the last of a name counts.
struct Members {
  bool any = false, ts = false, id = false;
};

bool ReadMembers(std::string_view event, Members* members) {
  thread_local ondemand::parser parser;
  auto visit = [&](std::string_view key, ondemand::value value) {
    members->any = true;
    if (key == "ts") return ReadPresence(value, &members->ts);
    if (key == "id") return ReadPresence(value, &members->id);
    return simdjson::SUCCESS;
  };
  return VisitMembers(&parser, simdjson::padded_string(event), visit) == simdjson::SUCCESS;
}

}  // namespace

RejectReason AddCloudAttributes(const CloudAttributes& attributes, std::string_view data, std::string* json) {
  if (!attributes.specversion.starts_with("1.")) return RejectReason::kMalformed;
  const size_t begin = json->size();
  json->append(data.substr(0, data.find_last_not_of(kJsonWhiteSpace) + 1));
  Members members;
  if (!json->ends_with('}') || !ReadMembers(std::string_view(*json).substr(begin), &members)) return RejectReason::kNone;
  json->pop_back();
  auto append = [&](std::string_view key, const std::string& value) {
    if (std::exchange(members.any, true)) *json += ',';
    json->append(1, '"').append(key).append("\":");
    AppendJsonText(value, json);
  };
  if (!members.ts && !attributes.time.empty()) append("ts", std::string(attributes.time));
  if (!members.id && !attributes.id.empty()) {
    // A source, being a URI, has no blank: so no two of them are one id.
    append("id", std::string(attributes.source).append(" ").append(attributes.id));
  }
  *json += '}';
  return RejectReason::kNone;
}

RejectReason CloudEventToJson(std::string_view text, std::string* json) {
  // What is not read below is not looked at there. That library takes a NUL for the end.
  if (text.find('\0') != std::string_view::npos || !nlohmann::json::accept(text)) return RejectReason::kMalformed;
  if (text.substr(std::min(text.size(), text.find_first_not_of(kJsonWhiteSpace))).front() != '{') {
    return RejectReason::kNotAnObject;
  }
  Envelope envelope;
  if (ReadEnvelope(text, &envelope) != simdjson::SUCCESS) return RejectReason::kMalformed;
  if (envelope.has_binary_data || EncodingOf(envelope.data_content_type) != Encoding::kJson) {
    return RejectReason::kUnsupported;
  }
  return AddCloudAttributes({envelope.specversion, envelope.id, envelope.source, envelope.time}, envelope.data, json);
}

}  // namespace odometer
