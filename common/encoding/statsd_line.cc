#include "common/encoding/statsd_line.h"

#include <charconv>
#include <cmath>

#include "common/base/parse_integer.h"
#include "common/model/json_text.h"
#include "common/model/timestamp.h"

namespace odometer {
namespace {

// Takes what stands before the first `separator` off *text, and the separator.
std::string_view Take(char separator, std::string_view* text) {
  const size_t end = text->find(separator);
  const std::string_view taken = text->substr(0, end);
  *text = end == std::string_view::npos ? std::string_view() : text->substr(end + 1);
  return taken;
}

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool HasSign(std::string_view text) { return text.starts_with('+') || text.starts_with('-'); }

// Whole numbers of 64 bits are exact.
std::optional<Number> ParseNumber(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (HasSign(text)) return std::nullopt;
  }
  if (std::optional<int64_t> whole = ParseInteger<int64_t>(text)) return Number::Of(*whole);
  if (std::optional<uint64_t> whole = ParseInteger<uint64_t>(text)) return Number::Of(*whole);
  const std::optional<double> fraction = ParseDouble(text);
  return fraction ? std::optional(Number::Of(*fraction)) : std::nullopt;
}

// What a type of the protocol is here.
struct TypeName {
  std::string_view text;
  MetricType type;
};
constexpr TypeName kTypes[] = {
    {"c", MetricType::kCounter}, {"g", MetricType::kGauge}, {"m", MetricType::kMeter}, {"ms", MetricType::kTimer},
    {"h", MetricType::kTimer},   {"d", MetricType::kTimer}, {"s", MetricType::kSet},
};

RejectReason ReadType(std::string_view text, MetricType* type) {
  for (const TypeName& known : kTypes) {
    if (text != known.text) continue;
    *type = known.type;
    return RejectReason::kNone;
  }
  return RejectReason::kBadType;
}

RejectReason ReadValues(std::string_view text, double rate, StatsdLine* line) {
  const bool gauge = line->type == MetricType::kGauge;
  line->relative = gauge && HasSign(text);
  if (text.ends_with(':')) return RejectReason::kBadValue;
  do {
    const std::string_view value = Take(':', &text);
    if (line->type == MetricType::kSet) {
      if (value.empty()) return RejectReason::kBadValue;
      line->values.push_back({.number = {}, .member = value});
      continue;
    }
    if (gauge && HasSign(value) != line->relative) return RejectReason::kUnsupported;
    std::optional<Number> number = ParseNumber(value);
    if (!number) return RejectReason::kBadValue;
    if (line->type == MetricType::kCounter && rate != 1) {
      const double counted = number->AsDouble() / rate;
      if (!std::isfinite(counted)) return RejectReason::kBadValue;
      number = Number::Of(counted);
    }
    line->values.push_back({.number = *number, .member = {}});
  } while (!text.empty());
  return RejectReason::kNone;
}

void ReadTags(std::string_view text, std::vector<Label>* tags) {
  while (!text.empty()) {
    std::string_view tag = Take(',', &text);
    if (tag.empty()) continue;
    const std::string_view name = Take(':', &tag);
    tags->push_back({name, tag});
  }
}

RejectReason ReadTime(std::string_view text, StatsdLine* line) {
  const std::optional<int64_t> seconds = ParseInteger<int64_t>(text);
  if (!seconds || *seconds < kMinTimestampMs / 1000 || *seconds > kMaxTimestampMs / 1000) {
    return RejectReason::kBadTimestamp;
  }
  line->ts_ms = *seconds * 1000;
  return RejectReason::kNone;
}

RejectReason ReadSections(std::string_view sections, double* rate, StatsdLine* line) {
  while (!sections.empty()) {
    const std::string_view section = Take('|', &sections);
    if (section.starts_with('@')) {
      const std::optional<double> parsed = ParseDouble(section.substr(1));
      if (!parsed || *parsed <= 0 || *parsed > 1) return RejectReason::kMalformed;
      *rate = *parsed;
    } else if (section.starts_with('#')) {
      ReadTags(section.substr(1), &line->tags);
    } else if (section.starts_with('T')) {
      if (RejectReason bad = ReadTime(section.substr(1), line); bad != RejectReason::kNone) return bad;
    }
  }
  return RejectReason::kNone;
}

}  // namespace

RejectReason ParseStatsdLine(std::string_view line, StatsdLine* parsed) {
  *parsed = {};
  if (line.starts_with("_e{") || line.starts_with("_sc|")) return RejectReason::kUnsupported;
  const size_t colon = line.find(':');
  const size_t bar = line.find('|');
  if (colon == std::string_view::npos || bar == std::string_view::npos || bar < colon) return RejectReason::kMalformed;
  parsed->name = line.substr(0, colon);
  if (parsed->name.empty()) return RejectReason::kMissingName;
  const std::string_view values = line.substr(colon + 1, bar - colon - 1);
  std::string_view sections = line.substr(bar + 1);
  if (RejectReason bad = ReadType(Take('|', &sections), &parsed->type); bad != RejectReason::kNone) return bad;
  double rate = 1;
  if (RejectReason bad = ReadSections(sections, &rate, parsed); bad != RejectReason::kNone) return bad;
  if (RejectReason bad = ReadValues(values, rate, parsed); bad != RejectReason::kNone) return bad;
  // Each value's event has the name and the tags again.
  const size_t events_bytes = parsed->values.size() * (line.size() - values.size());
  return events_bytes > kMaxEventBytes ? RejectReason::kTooLarge : RejectReason::kNone;
}

void StatsdEventToJson(const StatsdLine& line, const StatsdValue& value, std::string* json) {
  *json += "{\"name\":";
  AppendJsonText(line.name, json);
  json->append(",\"type\":\"").append(MetricTypeName(line.type)).append("\",\"value\":");
  if (line.type == MetricType::kSet) {
    AppendJsonText(value.member, json);
  } else {
    json->append(value.number.ToJson());
  }
  if (line.ts_ms) *json += ",\"ts\":" + std::to_string(*line.ts_ms);
  char before = '{';
  for (const Label& tag : line.tags) {
    *json += before == '{' ? ",\"labels\":{" : ",";
    before = ',';
    AppendJsonText(tag.name, json);
    *json += ':';
    AppendJsonText(tag.value, json);
  }
  *json += before == '{' ? "}" : "}}";
}

std::string_view TakeStatsdLine(std::string_view* text) {
  std::string_view line = Take('\n', text);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace odometer
