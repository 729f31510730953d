#include "query/cardinality.h"

#include <optional>
#include <string>
#include <utility>

#include "common/base/parse_integer.h"
#include "query/answer.h"
#include "query/json_writer.h"
#include "query/parameters.h"

namespace odometer {

namespace {

constexpr size_t kDefaultLimit = 20;
constexpr size_t kMaxLimit = 1'000;

void WriteRows(const std::vector<Cardinality::Row>& rows, std::string_view count, JsonWriter* json) {
  json->BeginArray();
  for (const Cardinality::Row& row : rows) {
    json->BeginObject().Key("org").String(row.org);
    if (!row.name.empty()) json->Key("name").String(row.name);
    json->Key(count).Unsigned(row.count).EndObject();
  }
  json->EndArray();
}

void WriteTask(const Cardinality& cardinality, int32_t number, const TaskPosition& task, JsonWriter* json) {
  auto series = cardinality.series_by_task.find(number);
  json->Key("partition").Integer(task.partition);
  json->Key("series").Unsigned(series == cardinality.series_by_task.end() ? 0 : series->second);
  json->Key("overflowed").Unsigned(task.accounting.overflowed).EndObject();
}

void WriteTasks(const Cardinality& cardinality, const StatePosition& position, JsonWriter* json) {
  json->BeginArray();
  for (const TaskPosition& task : position.tasks) {
    json->BeginObject();
    WriteTask(cardinality, task.partition, task, json);
  }
  for (const SourcePosition& source : position.sources) {
    for (const TaskPosition& task : source.tasks) {
      json->BeginObject().Key("topic").String(source.topic);
      WriteTask(cardinality, SourceTaskNumber(source.slot, task.partition), task, json);
    }
  }
  json->EndArray();
}

}  // namespace

http::Response ReadCardinality(const http::Request& request, StateView* view) {
  size_t limit = kDefaultLimit;
  if (auto text = request.Query("limit")) {
    const std::optional<size_t> parsed = ParseInteger<size_t>(*text);
    if (!parsed || *parsed == 0 || *parsed > kMaxLimit) {
      return BadParameterResponse({"limit", "limit must be a whole number from 1 to 1000"});
    }
    limit = *parsed;
  }
  Result<Cardinality> cardinality = view->ReadCardinality(
      request.authenticated ? std::optional(request.org) : std::nullopt, limit);
  if (!cardinality.ok()) return ErrorResponse(cardinality.status());
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Key("tasks");
  WriteTasks(*cardinality, view->position(), &json);
  json.Key("orgs");
  WriteRows(cardinality->orgs, "series", &json);
  json.Key("names");
  WriteRows(cardinality->names, "series", &json);
  json.Key("overflowing");
  WriteRows(cardinality->overflowing, "events", &json);
  json.EndObject();
  return http::Response::Json(200, std::move(body));
}

}  // namespace odometer
