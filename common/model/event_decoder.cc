#include "common/model/event_decoder.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/model/json_record.h"
#include "common/model/raw_event.h"
#include "common/model/timestamp.h"

namespace odometer {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::string_view, kRejectReasons> kReasonNames = {
    "none",     "malformed", "not_an_object", "too_large",       "too_deep",   "missing_name", "bad_name",   "bad_type",
    "bad_value", "bad_timestamp", "from_the_future", "bad_labels", "bad_org", "bad_id",    "bad_control",
    "unknown_encoding", "unsupported"};

enum Key : uint8_t { kName, kType, kValue, kTs, kLevel, kLabels, kOrg, kId, kKeys, kUnknownKey = kKeys };

Key KeyOf(std::string_view key) {
  switch (key.size()) {
    case 2:
      if (key == "ts") return kTs;
      if (key == "id") return kId;
      break;
    case 3:
      if (key == "org") return kOrg;
      break;
    case 4:
      if (key == "name") return kName;
      if (key == "type") return kType;
      break;
    case 5:
      if (key == "value") return kValue;
      if (key == "level") return kLevel;
      break;
    case 6:
      if (key == "labels") return kLabels;
      break;
    default: break;
  }
  return kUnknownKey;
}

bool IsContainer(const dom::element& element) { return element.is_object() || element.is_array(); }

// Whether the element reaches deeper than `levels` containers. The parser's own limit does not see empty ones.
bool NestedDeeperThan(dom::element element, int levels) {
  if (!IsContainer(element)) return false;
  if (levels == 0) return true;
  dom::array array;
  if (element.get(array) == simdjson::SUCCESS) {
    for (dom::element child : array) {
      if (NestedDeeperThan(child, levels - 1)) return true;
    }
  }
  dom::object object;
  if (element.get(object) == simdjson::SUCCESS) {
    for (dom::key_value_pair field : object) {
      if (NestedDeeperThan(field.value, levels - 1)) return true;
    }
  }
  return false;
}

// The values of the keys that mean something, the last of each; unset: absent.
struct Fields {
  std::array<dom::element, kKeys> values;
  uint32_t present = 0;

  // null counts as absent for every key but `name` and `value`.
  void Put(Key key, const dom::element& value) {
    const bool absent = value.is_null() && key != kName && key != kValue;
    values[key] = value;
    present = absent ? present & ~(1u << key) : present | 1u << key;
  }
  bool Has(Key key) const { return (present >> key & 1) != 0; }
  const dom::element& operator[](Key key) const { return values[key]; }
};

// A string of at most kMaxNameBytes.
bool ReadText(const dom::element& element, std::string_view* text) {
  return element.get(*text) == simdjson::SUCCESS && text->size() <= kMaxNameBytes;
}

bool ReadTimestamp(const dom::element& element, int64_t* ts_ms) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) {
    std::optional<int64_t> parsed = ParseIso8601(text);
    if (parsed) *ts_ms = *parsed;
    return parsed.has_value();
  }
  Number number;
  if (!ReadJsonNumber(element, &number) || !number.is_whole()) return false;
  Int128 ms = number.whole();
  if (ms < kMinTimestampMs || ms > kMaxTimestampMs) return false;
  *ts_ms = static_cast<int64_t>(ms);
  return true;
}

// Labels mostly come sorted, and are few. A name that is there already gets the new value.
void PutLabel(const Label& label, std::vector<Label>* labels) {
  auto at = labels->end();
  while (at != labels->begin() && label.name < std::prev(at)->name) --at;
  if (at != labels->begin() && std::prev(at)->name == label.name) {
    std::prev(at)->value = label.value;
  } else {
    labels->insert(at, label);
  }
}

bool ReadLabels(const Fields& fields, std::vector<Label>* labels) {
  labels->clear();
  if (fields.Has(kLabels)) {
    dom::object object;
    if (fields[kLabels].get(object) != simdjson::SUCCESS) return false;
    size_t entries = 0;
    for (dom::key_value_pair field : object) {
      Label label{field.key, {}};
      if (++entries > kMaxLabels || label.name.size() > kMaxNameBytes) return false;
      if (!ReadText(field.value, &label.value)) return false;
      PutLabel(label, labels);
    }
  }
  if (fields.Has(kLevel)) {
    Label level{kLevelLabel, {}};
    if (!ReadText(fields[kLevel], &level.value)) return false;
    PutLabel(level, labels);
  }
  return true;
}

// The name of a raw event, which may be anything; `buffer` holds it when it is not text.
bool ReadAnyName(const dom::element& element, std::string* buffer, std::string_view* name) {
  if (element.get(*name) == simdjson::SUCCESS) {
    return !name->empty() && name->size() <= kMaxNameBytes && *name != kOverflowName;
  }
  *buffer = simdjson::minify(element);
  *name = *buffer;
  return false;
}

RejectReason ReadName(const Fields& fields, std::string* buffer, Event* event) {
  if (!fields.Has(kName)) return RejectReason::kMissingName;
  if (event->type == MetricType::kEvent) {
    event->counted = ReadAnyName(fields[kName], buffer, &event->name);
    return RejectReason::kNone;
  }
  if (!ReadText(fields[kName], &event->name)) return RejectReason::kBadName;
  if (event->name.empty()) return RejectReason::kMissingName;
  return event->name == kOverflowName ? RejectReason::kBadName : RejectReason::kNone;
}

// A value that is text, or a whole number, whose digits `buffer` then holds.
RejectReason ReadMember(const Fields& fields, std::string* buffer, Event* event) {
  event->value = Number();
  if (!fields.Has(kValue)) return RejectReason::kBadValue;
  if (ReadText(fields[kValue], &event->member)) {
    return event->member.empty() ? RejectReason::kBadValue : RejectReason::kNone;
  }
  Number number;
  if (!ReadJsonNumber(fields[kValue], &number) || !number.is_whole()) return RejectReason::kBadValue;
  *buffer = number.ToJson();
  event->member = *buffer;
  return RejectReason::kNone;
}

RejectReason ReadValue(const Fields& fields, std::string* buffer, Event* event) {
  event->member = {};
  if (event->type == MetricType::kSet) return ReadMember(fields, buffer, event);
  event->value = Number::Of(int64_t{1});
  if (!fields.Has(kValue) || ReadJsonNumber(fields[kValue], &event->value)) return RejectReason::kNone;
  if (event->type != MetricType::kEvent) return RejectReason::kBadValue;
  event->counted = false;
  return RejectReason::kNone;
}

RejectReason ReadFields(const Fields& fields, int64_t record_ts_ms, std::string* text_buffer, Event* event) {
  event->type = MetricType::kCounter;
  event->counted = true;
  bool bad_type = false;
  if (fields.Has(kType)) {
    std::string_view type;
    bad_type = !ReadText(fields[kType], &type) || !ParseMetricType(type, &event->type);
  }
  if (RejectReason bad = ReadName(fields, text_buffer, event); bad != RejectReason::kNone) return bad;
  if (bad_type) return RejectReason::kBadType;
  if (RejectReason bad = ReadValue(fields, text_buffer, event); bad != RejectReason::kNone) return bad;
  event->ts_ms = record_ts_ms;
  if (fields.Has(kTs) && !ReadTimestamp(fields[kTs], &event->ts_ms)) return RejectReason::kBadTimestamp;
  if (!ReadLabels(fields, &event->labels)) return RejectReason::kBadLabels;
  event->org = kDefaultOrg;
  if (fields.Has(kOrg) && (!ReadText(fields[kOrg], &event->org) || event->org.empty() || event->org == kOverflowName)) {
    return RejectReason::kBadOrg;
  }
  event->id = {};
  if (fields.Has(kId) && !ReadText(fields[kId], &event->id)) return RejectReason::kBadId;
  if (fields.Has(kTs) && event->ts_ms - kMaxFutureMs > record_ts_ms) return RejectReason::kFromTheFuture;
  return RejectReason::kNone;
}

// Seconds since 1970, as a number with or without a fraction, or ISO-8601.
bool ReadPostedTime(const dom::element& element, int64_t* ts_ms) {
  Number seconds;
  if (!ReadJsonNumber(element, &seconds)) return ReadTimestamp(element, ts_ms);
  const double ms = std::floor(seconds.AsDouble() * 1000 + 0.5);
  if (!(ms >= static_cast<double>(kMinTimestampMs) && ms <= static_cast<double>(kMaxTimestampMs))) return false;
  *ts_ms = seconds.is_whole() ? static_cast<int64_t>(seconds.whole() * 1000) : static_cast<int64_t>(ms);
  return true;
}

bool HoldsNul(const dom::element& element) {
  std::string_view text;
  return element.get(text) == simdjson::SUCCESS && text.find('\0') != std::string_view::npos;
}

RejectReason ReadPost(const Fields& fields, EventDecoder::Post* post) {
  if (HoldsNul(fields[kName])) return RejectReason::kBadName;
  if (HoldsNul(fields[kValue])) return RejectReason::kBadValue;
  post->ts_ms.reset();
  if (!fields.Has(kTs)) return RejectReason::kNone;
  int64_t ts_ms = 0;
  if (!ReadPostedTime(fields[kTs], &ts_ms)) return RejectReason::kBadTimestamp;
  post->ts_ms = ts_ms;
  return RejectReason::kNone;
}

}  // namespace

std::string_view RejectReasonName(RejectReason reason) { return kReasonNames[static_cast<size_t>(reason)]; }

struct EventDecoder::Parser final : JsonRecordParser {
  using JsonRecordParser::JsonRecordParser;
};

EventDecoder::EventDecoder() : parser_(std::make_unique<Parser>(kMaxJsonDepth)) {}
EventDecoder::~EventDecoder() = default;

RejectReason EventDecoder::Decode(std::string_view record, int64_t record_ts_ms, Event* event) {
  dom::element root;
  if (RejectReason bad = parser_->Parse(record, &root); bad != RejectReason::kNone) return bad;
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return NestedDeeperThan(root, kMaxJsonDepth) ? RejectReason::kTooDeep : RejectReason::kNotAnObject;
  }

  Fields fields;
  for (dom::key_value_pair field : object) {
    if (IsContainer(field.value) && NestedDeeperThan(field.value, kMaxJsonDepth - 1)) return RejectReason::kTooDeep;
    const Key key = KeyOf(field.key);
    if (key != kUnknownKey) fields.Put(key, field.value);
  }
  return ReadFields(fields, record_ts_ms, &text_, event);
}

RejectReason EventDecoder::DecodeRaw(std::string_view body, Event* event, Post* post) {
  if (!raw_parser_) raw_parser_ = std::make_unique<Parser>(kMaxRawJsonDepth);
  dom::element root;
  if (RejectReason bad = raw_parser_->Parse(body, &root); bad != RejectReason::kNone) return bad;
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return RejectReason::kNotAnObject;

  Fields fields;
  for (dom::key_value_pair field : object) {
    const Key key = KeyOf(field.key);
    if (key == kName || key == kValue || key == kTs) fields.Put(key, field.value);
  }
  event->type = MetricType::kEvent;
  if (RejectReason bad = ReadName(fields, &text_, event); bad != RejectReason::kNone) return bad;
  if (!fields.Has(kValue)) return RejectReason::kBadValue;
  if (RejectReason bad = ReadValue(fields, &text_, event); bad != RejectReason::kNone) return bad;
  return post == nullptr ? RejectReason::kNone : ReadPost(fields, post);
}

}  // namespace odometer
