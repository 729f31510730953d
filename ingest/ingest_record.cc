#include "ingest/ingest_record.h"

#include "common/model/json_text.h"

namespace odometer {
namespace {

void AppendLabels(const Event& event, std::string* out) {
  bool first = true;
  for (const Label& label : event.labels) {
    if (label.name == kLevelLabel) continue;
    *out += first ? ",\"labels\":{" : ",";
    first = false;
    AppendJsonText(label.name, out);
    *out += ':';
    AppendJsonText(label.value, out);
  }
  if (!first) *out += '}';
}

}  // namespace

IngestRecord MakeIngestRecord(const Event& event, std::optional<int64_t> ts_ms) {
  std::string_view level;
  for (const Label& label : event.labels) {
    if (label.name == kLevelLabel) level = label.value;
  }
  IngestRecord record;
  record.name = event.name;
  if (!level.empty()) (record.key = level) += '.';
  record.key += event.name;

  std::string& out = record.value;
  out = "{\"name\":";
  AppendJsonText(event.name, &out);
  out += ",\"type\":\"";
  out += MetricTypeName(event.type);
  out += "\",\"value\":";
  if (event.type == MetricType::kSet) {
    AppendJsonText(event.member, &out);
  } else {
    out += event.value.ToJson();
  }
  if (ts_ms) out += ",\"ts\":" + std::to_string(*ts_ms);
  if (!level.empty()) {
    out += ",\"level\":";
    AppendJsonText(level, &out);
  }
  AppendLabels(event, &out);
  if (event.org != kDefaultOrg) {
    out += ",\"org\":";
    AppendJsonText(event.org, &out);
  }
  if (!event.id.empty()) {
    out += ",\"id\":";
    AppendJsonText(event.id, &out);
  }
  out += '}';
  return record;
}

}  // namespace odometer
