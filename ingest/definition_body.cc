#include "ingest/definition_body.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/parse_integer.h"
#include "common/model/timestamp.h"
#include "common/model/utf8.h"

namespace odometer {
namespace {

using http::Response;
using Json = nlohmann::ordered_json;

constexpr int64_t kDefaultMin = -9'999'999;
constexpr int64_t kDefaultMax = 9'999'999;
constexpr double kTwoTo63 = 9223372036854775808.0;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// One body's fields; remembers every error that it finds.
class Fields {
 public:
  Fields(const Json& body, std::string_view of) : body_(body), of_(of) {}

  bool Has(const char* field) const { return body_.contains(field); }
  bool IsNull(const char* field) const { return Has(field) && body_.at(field).is_null(); }
  void Missing(const char* field) { Add(field, "field required", "value_error.missing"); }
  void Add(const char* field, std::string_view message, std::string_view type) {
    errors_.push_back({{"loc", {"body", of_, field}}, {"msg", message}, {"type", type}});
  }

  std::optional<std::string> Text(const char* field, size_t max_bytes) {
    const Json& value = body_.at(field);
    if (!value.is_string()) {
      Add(field, "str type expected", "type_error.str");
      return std::nullopt;
    }
    std::string text = value.get<std::string>();
    if (text.size() > max_bytes || !IsValidUtf8(text)) {
      Add(field, "at most " + std::to_string(max_bytes) + " bytes of UTF-8", "value_error");
      return std::nullopt;
    }
    return text;
  }

  // Whole numbers, as a number or as a text, as the original took them.
  std::optional<int64_t> Whole(const char* field) {
    const Json& value = body_.at(field);
    std::optional<int64_t> whole;
    if (value.is_number_unsigned()) {
      if (value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)) whole = value.get<int64_t>();
    } else if (value.is_number_integer()) {
      whole = value.get<int64_t>();
    } else if (value.is_number_float()) {
      // A number of digits that is too large is one of these, too, and may be rounded to -2^63.
      const double number = value.get<double>();
      if (number == std::floor(number) && number > -kTwoTo63 && number < kTwoTo63) whole = static_cast<int64_t>(number);
    } else if (value.is_string()) {
      whole = ParseInteger<int64_t>(value.get_ref<const std::string&>());
    }
    if (!whole) Add(field, "value is not a valid integer", "type_error.integer");
    return whole;
  }

  std::optional<Truncation> Unit(const char* field) {
    if (IsNull(field)) return Truncation::kNone;
    const Json& value = body_.at(field);
    std::optional<Truncation> unit;
    if (value.is_string()) unit = ParseTruncation(value.get_ref<const std::string&>());
    if (!unit) Add(field, "must be one of " + TruncationNames(), "type_error.enum");
    return unit;
  }

  // ISO-8601, or epoch s or ms, as the original took it.
  std::optional<int64_t> Time(const char* field) {
    const Json& value = body_.at(field);
    std::optional<int64_t> time_ms;
    if (value.is_string()) {
      time_ms = ParseIso8601(value.get_ref<const std::string&>());
    } else if (value.is_number() && std::abs(value.get<double>()) < 1e15) {
      constexpr double kLatestSeconds = 2e10;
      const double number = value.get<double>();
      time_ms = static_cast<int64_t>(std::llround(std::abs(number) > kLatestSeconds ? number : number * 1000));
    }
    if (time_ms && (*time_ms < kMinTimestampMs || *time_ms > kMaxTimestampMs)) time_ms.reset();
    if (!time_ms) Add(field, "invalid datetime format", "value_error.datetime");
    return time_ms;
  }

  std::optional<Response> Refusal() const {
    if (errors_.empty()) return std::nullopt;
    return Response::Json(422, Dump({{"detail", errors_}}));
  }

 private:
  const Json& body_;
  const std::string_view of_;
  Json errors_ = Json::array();
};

// The body as an object, or the answer when it is none.
std::optional<Response> ParseObject(const std::string& body, std::string_view of, Json* object) {
  if (body.empty()) return FieldErrorResponse({"body", std::string(of)}, "field required", "value_error.missing");
  *object = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (object->is_discarded()) return DetailResponse(400, "There was an error parsing the body");
  if (object->is_object()) return std::nullopt;
  return FieldErrorResponse({"body", std::string(of)}, "value is not a valid dict", "type_error.dict");
}

void CheckLimits(const Command& command, Fields* fields) {
  if (command.min_reading && command.max_reading && *command.min_reading > *command.max_reading) {
    fields->Add("max_reading", "max_reading must not be below min_reading", "value_error");
  }
}

Json TimeJson(const std::optional<Reading>& reading) {
  return reading ? Json(FormatUtcSeconds(reading->at_ms)) : Json(nullptr);
}

Json ToJson(const Reading& reading, uint64_t metric_id) {
  return {{"reading", reading.value},
          {"reading_at", FormatUtcSeconds(reading.at_ms)},
          {"metric_id", metric_id},
          {"recorded_at", FormatUtcSeconds(reading.recorded_ms)}};
}

Json ToJson(const Definition& definition) {
  Json json = {{"id", definition.id},
               {"org", definition.org},
               {"code", definition.code},
               {"name", definition.name},
               {"min_reading", definition.min_reading},
               {"max_reading", definition.max_reading},
               {"truncate_reading_to", nullptr},
               {"active", definition.active},
               {"current_reading", nullptr},
               {"current_reading_at", TimeJson(definition.current)},
               {"last_reading", nullptr},
               {"last_reading_at", TimeJson(definition.last)}};
  if (definition.truncation != Truncation::kNone) json["truncate_reading_to"] = TruncationName(definition.truncation);
  if (definition.current) json["current_reading"] = definition.current->value;
  if (definition.last) json["last_reading"] = definition.last->value;
  return json;
}

}  // namespace

Response DetailResponse(int status, std::string_view detail) {
  return Response::Json(status, Dump({{"detail", detail}}));
}

Response FieldErrorResponse(const std::vector<std::string>& location, std::string_view message, std::string_view type) {
  Json error = {{"loc", location}, {"msg", message}, {"type", type}};
  return Response::Json(422, Dump({{"detail", Json::array({std::move(error)})}}));
}

std::optional<Response> ParseCreateBody(const std::string& body, Command* command) {
  Json object;
  if (auto refusal = ParseObject(body, "metric", &object)) return refusal;
  Fields fields(object, "metric");
  for (const char* required : {"code", "name"}) {
    if (!fields.Has(required)) fields.Missing(required);
  }
  if (fields.Has("code")) {
    if (std::optional<std::string> code = fields.Text("code", 2 * kMaxCodeBytes)) {
      std::optional<std::string> normalized = NormalizedCode(*code);
      if (normalized) command->code = *normalized;
      else fields.Add("code", "must consist of A-Z, 0-9 and _", "value_error.str.regex");
    }
  }
  if (fields.Has("name")) command->name = fields.Text("name", kMaxDefinitionNameBytes);
  command->min_reading = fields.Has("min_reading") ? fields.Whole("min_reading") : kDefaultMin;
  command->max_reading = fields.Has("max_reading") ? fields.Whole("max_reading") : kDefaultMax;
  command->truncation = fields.Has("truncate_reading_to") ? fields.Unit("truncate_reading_to") : Truncation::kNone;
  CheckLimits(*command, &fields);
  return fields.Refusal();
}

std::optional<Response> ParseChangeBody(const std::string& body, Command* command) {
  Json object;
  if (auto refusal = ParseObject(body, "metric", &object)) return refusal;
  Fields fields(object, "metric");
  if (fields.Has("code")) {
    std::optional<std::string> code = fields.Text("code", 2 * kMaxCodeBytes);
    if (code && NormalizedCode(*code) != command->code) fields.Add("code", "cannot be changed", "value_error.const");
  }
  if (fields.Has("name")) command->name = fields.Text("name", kMaxDefinitionNameBytes);
  if (fields.Has("min_reading")) command->min_reading = fields.Whole("min_reading");
  if (fields.Has("max_reading")) command->max_reading = fields.Whole("max_reading");
  if (fields.Has("truncate_reading_to")) command->truncation = fields.Unit("truncate_reading_to");
  CheckLimits(*command, &fields);
  return fields.Refusal();
}

std::optional<Response> ParseReadingBody(const std::string& body, Command* command) {
  Json object;
  if (auto refusal = ParseObject(body, "meter", &object)) return refusal;
  Fields fields(object, "meter");
  if (!fields.Has("reading")) {
    fields.Missing("reading");
  } else if (std::optional<int64_t> reading = fields.Whole("reading")) {
    command->reading = *reading;
  }
  if (fields.Has("reading_at") && !fields.IsNull("reading_at")) command->reading_at_ms = fields.Time("reading_at");
  return fields.Refusal();
}

std::string MetricJson(const Definition& definition, const std::map<int64_t, Reading>* readings) {
  Json json = ToJson(definition);
  if (readings != nullptr) {
    json["meters"] = Json::array();
    for (const auto& [at_ms, reading] : *readings) json["meters"].push_back(ToJson(reading, definition.id));
  }
  return Dump(json);
}

std::string MetricsJson(const std::vector<Definition>& definitions) {
  Json json = Json::array();
  for (const Definition& definition : definitions) json.push_back(ToJson(definition));
  return Dump(json);
}

std::string ReadingJson(const Reading& reading, uint64_t metric_id) { return Dump(ToJson(reading, metric_id)); }

}  // namespace odometer
