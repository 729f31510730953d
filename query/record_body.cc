#include "query/record_body.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/model/event_decoder.h"
#include "common/model/timestamp.h"

namespace odometer {
namespace {

using Json = nlohmann::json;

http::Response Bad(std::string_view field, std::string_view message) {
  return http::Response::Error(400, "bad_record", message, field);
}

// Discarded when the text is not JSON, or nested too deep.
Json ParseJson(std::string_view body) {
  // The parser takes a NUL for the end of its input, whatever follows.
  if (body.find('\0') != std::string_view::npos) return Json(Json::value_t::discarded);
  bool too_deep = false;
  auto watch_depth = [&](int depth, Json::parse_event_t event, Json&) {
    bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    too_deep = too_deep || (opens && depth >= kMaxJsonDepth);
    return !too_deep;  // nothing is kept of what is inside
  };
  Json json = Json::parse(body, watch_depth, /*allow_exceptions=*/false);
  return too_deep ? Json(Json::value_t::discarded) : json;
}

std::optional<Number> NumberOf(const Json& json) {
  if (json.is_number_unsigned()) return Number::Of(json.get<uint64_t>());
  if (json.is_number_integer()) return Number::Of(json.get<int64_t>());
  if (json.is_number_float() && std::isfinite(json.get<double>())) return Number::Of(json.get<double>());
  return std::nullopt;
}

// Reads the fields one by one; the first that is wrong is what problem() tells.
class FieldReader {
 public:
  explicit FieldReader(const Json& record) : record_(record) {}

  std::optional<http::Response> TakeProblem() { return std::move(problem_); }

  // Null when absent; null in JSON counts as absent.
  const Json* Find(const char* field) const {
    auto it = record_.find(field);
    return it == record_.end() || it->is_null() ? nullptr : &*it;
  }

  std::string Text(const char* field) {
    const Json* json = Find(field);
    if (json == nullptr) return "";
    if (!json->is_string()) return Fail<std::string>(field, "must be text");
    auto text = json->get<std::string>();
    return text.size() > kMaxNameBytes ? Fail<std::string>(field, "is over 512 bytes") : text;
  }

  Number Numeric(const char* field, const std::optional<Number>& otherwise) {
    const Json* json = Find(field);
    if (json == nullptr && otherwise) return *otherwise;
    std::optional<Number> number = json == nullptr ? std::nullopt : NumberOf(*json);
    return number ? *number : Fail<Number>(field, "must be a finite number");
  }

  int64_t Time(const char* field, int64_t otherwise) {
    const Json* json = Find(field);
    if (json == nullptr) return otherwise;
    // Compared as what it is: above 2^63 it would turn negative.
    const bool in_range = json->is_number_unsigned()
                              ? json->get<uint64_t>() <= static_cast<uint64_t>(kMaxTimestampMs)
                              : json->is_number_integer() && json->get<int64_t>() >= kMinTimestampMs;
    if (!in_range) {
      return Fail<int64_t>(field, "must be a whole number of ms since 1970");
    }
    return json->get<int64_t>();
  }

  uint64_t Count() {
    const Json* json = Find("count");
    if (json == nullptr) return 1;
    if (!json->is_number_unsigned()) return Fail<uint64_t>("count", "must be a whole number, not negative");
    return std::max<uint64_t>(1, json->get<uint64_t>());
  }

  MetricType Type() {
    const Json* json = Find("type");
    MetricType type;
    if (json != nullptr && json->is_string() && ParseMetricType(json->get_ref<const std::string&>(), &type) &&
        type != MetricType::kEvent && type != MetricType::kSet) {
      return type;
    }
    return Fail<MetricType>("type", "must be METER, COUNTER, TIMER or GAUGE");
  }

  template <typename T>
  T Fail(const char* field, const std::string& what) {
    if (!problem_) problem_ = Bad(field, std::string(field) + " " + what);
    return T{};
  }

 private:
  const Json& record_;
  std::optional<http::Response> problem_;
};

// What the values of the record add up to.
Number SumOf(MetricType type, uint64_t count, const Number& value, FieldReader* fields) {
  if (type == MetricType::kCounter) return value;
  if (type != MetricType::kTimer || count == 1 || fields->Find("sum") != nullptr) return fields->Numeric("sum", value);
  double sum = fields->Numeric("mean", std::nullopt).AsDouble() * static_cast<double>(count);
  return std::isfinite(sum) ? Number::Of(sum) : fields->Fail<Number>("mean", "times count is out of range");
}

void ReadAggregate(FieldReader* fields, MetricType type, int64_t now_ms, Aggregate::Parts* parts) {
  parts->last = fields->Numeric("value", std::nullopt);
  parts->count = fields->Count();
  parts->min = fields->Numeric("min", parts->last);
  parts->max = fields->Numeric("max", parts->last);
  if (parts->max < parts->min) fields->Fail<int>("min", "must not be above max");
  parts->sum.Add(SumOf(type, parts->count, parts->last, fields));
  parts->last_ts_ms = fields->Time("updateTime", now_ms);
  parts->first_ts_ms = fields->Time("startTime", parts->last_ts_ms);
  if (parts->last_ts_ms > now_ms + kMaxFutureMs) fields->Fail<int>("updateTime", "is more than 5 min ahead");
  if (parts->first_ts_ms > parts->last_ts_ms) fields->Fail<int>("startTime", "must not be after updateTime");
}

}  // namespace

std::optional<http::Response> ParseRecordBody(std::string_view body, int64_t now_ms, Control::Set* set) {
  // The dialect's clients look for this text.
  auto empty_input = [] { return http::Response::Text(400, "ERROR: empty input"); };
  if (body.empty()) return empty_input();
  const Json record = ParseJson(body);
  if (record.is_discarded()) return Bad("", "the body is not JSON in UTF-8, or nested over 16 deep");
  if (!record.is_object()) return Bad("", "the body must be one JSON object");

  FieldReader fields(record);
  set->series.name = fields.Text("name");
  if (auto problem = fields.TakeProblem()) return problem;
  if (set->series.name.empty()) return empty_input();
  if (set->series.name == kOverflowName) return Bad("name", "name must not be __overflow__");
  std::string level = fields.Text("level");
  if (!level.empty()) set->series.labels.emplace_back(kLevelLabel, std::move(level));
  set->series.type = fields.Type();
  ReadAggregate(&fields, set->series.type, now_ms, &set->aggregate);
  return fields.TakeProblem();
}

}  // namespace odometer
