#include "ingest/item_parser.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <optional>

#include "common/model/timestamp.h"
#include "ingest/array_splitter.h"

namespace odometer {
namespace {

namespace ondemand = simdjson::ondemand;

// The decoder gives an event without ts the record's timestamp: this one, which no event can have of its own.
constexpr int64_t kNoTimestamp = kMaxTimestampMs + 1;

// The last value of each key that the dialect looks at, and where wanted, those of the item's keys that make an event.
struct KnownFields {
  bool want_json = false;
  std::string json;
  std::string_view name;
  std::string_view type;
  std::string_view value;
  std::string_view level;
};

std::string_view* FieldOf(std::string_view key, KnownFields* fields) {
  if (key == "name") return &fields->name;
  if (key == "type") return &fields->type;
  if (key == "value") return &fields->value;
  if (key == "level") return &fields->level;
  return nullptr;
}

// The value's own text: what it says, in any spelling.
simdjson::error_code RawText(ondemand::value value, std::string_view* text) {
  ondemand::json_type type;
  if (simdjson::error_code error = value.type().get(type); error != simdjson::SUCCESS) return error;
  if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
    return simdjson::to_json_string(value).get(*text);
  }
  *text = TrimJson(value.raw_json_token());
  return simdjson::SUCCESS;
}

simdjson::error_code ReadFields(ondemand::object object, KnownFields* fields) {
  for (auto field : object) {
    std::string_view key;
    std::string_view text;
    ondemand::value value;
    if (simdjson::error_code error = field.unescaped_key().get(key); error != simdjson::SUCCESS) return error;
    if (simdjson::error_code error = field.value().get(value); error != simdjson::SUCCESS) return error;
    std::string_view* known = FieldOf(key, fields);
    if (known == nullptr && (!fields->want_json || (key != "ts" && key != "labels" && key != "id"))) continue;
    if (simdjson::error_code error = RawText(value, &text); error != simdjson::SUCCESS) return error;
    if (known != nullptr) *known = text;
    if (!fields->want_json) continue;
    fields->json += fields->json.empty() ? "{\"" : ",\"";
    fields->json.append(key).append("\":").append(text);
  }
  if (fields->want_json) fields->json += fields->json.empty() ? "{}" : "}";
  return simdjson::SUCCESS;
}

bool IsAbsent(std::string_view json) { return json.empty() || json == "null"; }

// Digits that need more than 64 bits.
bool IsBigInteger(std::string_view number) {
  uint64_t magnitude = 0;
  int64_t negative = 0;
  const char* end = number.data() + number.size();
  auto result = number.starts_with('-') ? std::from_chars(number.data(), end, negative)
                                        : std::from_chars(number.data(), end, magnitude);
  return result.ec == std::errc::result_out_of_range && result.ptr == end;
}

ItemError MakeError(RejectReason reason) {
  switch (reason) {
    case RejectReason::kMalformed: return {reason, "not valid JSON", ""};
    case RejectReason::kNotAnObject: return {reason, "a metric is a JSON object", ""};
    case RejectReason::kTooLarge: return {reason, "over 1 MiB", ""};
    case RejectReason::kTooDeep: return {reason, "nested over 16 deep", ""};
    case RejectReason::kMissingName: return {reason, "name is missing or empty", "name"};
    case RejectReason::kBadName: return {reason, "name must be text of 1 to 512 bytes, and not __overflow__", "name"};
    case RejectReason::kBadType: return {reason, "type must be COUNTER, GAUGE, METER, TIMER or SET", "type"};
    case RejectReason::kBadValue:
      return {reason, "value must be a number, if whole within 64 bits; of a SET text of 1 to 512 bytes, or a whole number",
              "value"};
    case RejectReason::kBadTimestamp: return {reason, "ts must be ISO-8601 or whole epoch ms", "ts"};
    case RejectReason::kFromTheFuture: return {reason, "ts is over 5 minutes ahead", "ts"};
    case RejectReason::kBadLabels:
      return {reason, "labels must be an object of up to 64 texts, each of them and level up to 512 bytes", "labels"};
    case RejectReason::kBadId: return {reason, "id must be text of up to 512 bytes", "id"};
    case RejectReason::kNone:
    case RejectReason::kBadOrg:
    case RejectReason::kBadControl:
    case RejectReason::kUnknownEncoding:
    case RejectReason::kUnsupported: break;
  }
  return {reason, std::string(RejectReasonName(reason)), ""};
}

// Whether it is wrong with the JSON itself, unknown keys included.
bool IsOfJson(RejectReason reason) {
  return reason == RejectReason::kMalformed || reason == RejectReason::kNotAnObject ||
         reason == RejectReason::kTooLarge || reason == RejectReason::kTooDeep;
}

}  // namespace

std::variant<IngestRecord, ItemError> ParseItem(std::string_view json, int64_t now_ms, std::string_view org,
                                                std::string_view default_id) {
  thread_local EventDecoder decoder;
  thread_local ondemand::parser parser;

  Event event;
  RejectReason reason = decoder.Decode(json, kNoTimestamp, &event);
  if (IsOfJson(reason)) return MakeError(reason);
  const simdjson::padded_string padded(json);
  KnownFields fields;
  fields.want_json = reason != RejectReason::kNone;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS ||
      ReadFields(object, &fields) != simdjson::SUCCESS) {
    return MakeError(RejectReason::kMalformed);
  }
  if (IsAbsent(fields.name)) return MakeError(RejectReason::kMissingName);

  // It may be the org that is wrong, which is not read: without it.
  if (fields.want_json) reason = decoder.Decode(fields.json, kNoTimestamp, &event);
  if (reason == RejectReason::kNone) {
    if (IsAbsent(fields.type) || event.type == MetricType::kEvent) reason = RejectReason::kBadType;
    if (IsAbsent(fields.value) || IsBigInteger(fields.value)) reason = RejectReason::kBadValue;
    if (event.ts_ms != kNoTimestamp && event.ts_ms - kMaxFutureMs > now_ms) reason = RejectReason::kFromTheFuture;
  }
  if (reason == RejectReason::kNone) {
    event.org = org;
    if (event.id.empty()) event.id = default_id;
    return MakeIngestRecord(event, event.ts_ms == kNoTimestamp ? std::nullopt : std::optional(event.ts_ms));
  }
  ItemError error = MakeError(reason);
  if (reason == RejectReason::kBadLabels && !IsAbsent(fields.level) && !fields.level.starts_with('"')) {
    error.message = "level must be text";
    error.field = "level";
  }
  return error;
}

}  // namespace odometer
