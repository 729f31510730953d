#include "ingest/ingest_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace odometer {
namespace {

// Text that is valid UTF-8, which is what the decoder lets through. Most needs no escapes; then a batch takes a third less.
void AppendText(std::string_view text, std::string* out) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  });
  if (plain) {
    out->append(1, '"').append(text).append(1, '"');
  } else {
    *out += nlohmann::json(text).dump();
  }
}

void AppendLabels(const Event& event, std::string* out) {
  bool first = true;
  for (const Label& label : event.labels) {
    if (label.name == kLevelLabel) continue;
    *out += first ? ",\"labels\":{" : ",";
    first = false;
    AppendText(label.name, out);
    *out += ':';
    AppendText(label.value, out);
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
  AppendText(event.name, &out);
  out += ",\"type\":\"";
  out += MetricTypeName(event.type);
  out += "\",\"value\":" + event.value.ToJson();
  if (ts_ms) out += ",\"ts\":" + std::to_string(*ts_ms);
  if (!level.empty()) {
    out += ",\"level\":";
    AppendText(level, &out);
  }
  AppendLabels(event, &out);
  if (event.org != kDefaultOrg) {
    out += ",\"org\":";
    AppendText(event.org, &out);
  }
  if (!event.id.empty()) {
    out += ",\"id\":";
    AppendText(event.id, &out);
  }
  out += '}';
  return record;
}

}  // namespace odometer
