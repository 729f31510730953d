#include "common/encoding/protobuf_event.h"

#include <metric_event.pb.h>
#if __has_include(<google/protobuf/stubs/logging.h>)
#include <google/protobuf/stubs/logging.h>
#endif

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "common/model/json_text.h"
#include "common/model/number.h"

namespace odometer {
namespace {

using v1::MetricEvent;

void AppendMember(std::string_view name, std::string_view text, std::string* json) {
  if (text.empty()) return;
  json->append(",\"").append(name).append("\":");
  AppendJsonText(text, json);
}

void AppendType(MetricEvent::Type type, std::string* json) {
  switch (type) {
    case MetricEvent::TYPE_UNSPECIFIED: return;
    case MetricEvent::COUNTER: return AppendMember("type", "counter", json);
    case MetricEvent::GAUGE: return AppendMember("type", "gauge", json);
    case MetricEvent::METER: return AppendMember("type", "meter", json);
    case MetricEvent::TIMER: return AppendMember("type", "timer", json);
    case MetricEvent::EVENT: return AppendMember("type", "event", json);
    case MetricEvent::SET: return AppendMember("type", "set", json);
    default: break;
  }
  // Of a newer schema: the decoder refuses it.
  AppendMember("type", std::to_string(static_cast<int>(type)), json);
}

// The map's own order differs from one process to the next.
void AppendLabels(const MetricEvent& event, std::string* json) {
  if (event.labels().empty()) return;
  std::vector<std::pair<std::string_view, std::string_view>> labels(event.labels().begin(), event.labels().end());
  std::sort(labels.begin(), labels.end());
  char before = '{';
  *json += ",\"labels\":";
  for (const auto& [name, value] : labels) {
    *json += before;
    before = ',';
    AppendJsonText(name, json);
    *json += ':';
    AppendJsonText(value, json);
  }
  *json += '}';
}

}  // namespace

RejectReason ProtobufToJson(std::string_view bytes, std::string* json) {
#if __has_include(<google/protobuf/stubs/logging.h>)
  // It would write a line to standard error for each text that is not UTF-8, whoever has sent it; later versions have no
  // such thing, and log less.
  static const google::protobuf::LogSilencer silencer;
#endif
  MetricEvent event;
  if (!event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return RejectReason::kMalformed;
  const size_t begin = json->size();
  *json += '{';
  AppendMember("name", event.name(), json);
  AppendType(event.type(), json);
  switch (event.value_case()) {
    case MetricEvent::kWhole: *json += ",\"value\":" + std::to_string(event.whole()); break;
    case MetricEvent::kFraction:
      if (!std::isfinite(event.fraction())) return RejectReason::kBadValue;
      *json += ",\"value\":" + DoubleToJson(event.fraction());
      break;
    case MetricEvent::kText:
      *json += ",\"value\":";
      AppendJsonText(event.text(), json);
      break;
    case MetricEvent::VALUE_NOT_SET: break;
  }
  if (event.has_ts_ms()) *json += ",\"ts\":" + std::to_string(event.ts_ms());
  AppendMember("level", event.level(), json);
  AppendLabels(event, json);
  AppendMember("org", event.org(), json);
  AppendMember("id", event.id(), json);
  if (json->size() > begin + 1) json->erase(begin + 1, 1);  // the comma before the first member
  *json += '}';
  return RejectReason::kNone;
}

}  // namespace odometer
