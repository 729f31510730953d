#include "common/model/event_decoder.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>

#include "common/model/big_integers.h"
#include "common/model/timestamp.h"

namespace odometer {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::string_view, kRejectReasons> kReasonNames = {
    "none",     "malformed", "not_an_object", "too_large",       "too_deep",   "missing_name", "bad_name",   "bad_type",
    "bad_value", "bad_timestamp", "from_the_future", "bad_labels", "bad_org", "bad_id",    "bad_control"};

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

  bool Has(Key key) const { return (present >> key & 1) != 0; }
  const dom::element& operator[](Key key) const { return values[key]; }
};

// A string of at most kMaxNameBytes.
bool ReadText(const dom::element& element, std::string_view* text) {
  return element.get(*text) == simdjson::SUCCESS && text->size() <= kMaxNameBytes;
}

bool ReadNumber(const dom::element& element, Number* number) {
  switch (element.type()) {
    case dom::element_type::INT64: *number = Number::Of(element.get_int64().value_unsafe()); return true;
    case dom::element_type::UINT64: *number = Number::Of(element.get_uint64().value_unsafe()); return true;
    case dom::element_type::DOUBLE: {
      double value = element.get_double().value_unsafe();
      if (!std::isfinite(value)) return false;
      *number = Number::Of(value);
      return true;
    }
    default: return false;
  }
}

bool ReadTimestamp(const dom::element& element, int64_t* ts_ms) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) {
    std::optional<int64_t> parsed = ParseIso8601(text);
    if (parsed) *ts_ms = *parsed;
    return parsed.has_value();
  }
  Number number;
  if (!ReadNumber(element, &number) || !number.is_whole()) return false;
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

RejectReason ReadFields(const Fields& fields, int64_t record_ts_ms, Event* event) {
  if (!fields.Has(kName)) return RejectReason::kMissingName;
  if (!ReadText(fields[kName], &event->name)) return RejectReason::kBadName;
  if (event->name.empty()) return RejectReason::kMissingName;
  if (event->name == kOverflowName) return RejectReason::kBadName;

  event->type = MetricType::kCounter;
  if (fields.Has(kType)) {
    std::string_view type;
    if (!ReadText(fields[kType], &type) || !ParseMetricType(type, &event->type)) return RejectReason::kBadType;
  }
  event->value = Number::Of(int64_t{1});
  if (fields.Has(kValue) && !ReadNumber(fields[kValue], &event->value)) return RejectReason::kBadValue;
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

}  // namespace

std::string_view RejectReasonName(RejectReason reason) { return kReasonNames[static_cast<size_t>(reason)]; }

struct EventDecoder::Parser {
  static constexpr size_t kFirstCapacity = 4096;

  Parser() : dom(2 * kMaxEventBytes) {  // room for what MarkBigIntegers adds
    Reserve(kFirstCapacity);
    // The parser counts the document itself as a level.
    if (dom.allocate(kFirstCapacity, kMaxJsonDepth + 1) != simdjson::SUCCESS) throw std::bad_alloc();
  }

  void Reserve(size_t bytes) {
    if (bytes <= capacity) return;
    capacity = std::max(bytes, 2 * capacity);
    buffer = std::make_unique<char[]>(capacity + simdjson::SIMDJSON_PADDING);
  }

  simdjson::error_code Parse(std::string_view record, dom::element* root) {
    simdjson::error_code error = ParseOnce(record, root);
    if (error == simdjson::SUCCESS || error == simdjson::DEPTH_ERROR) return error;
    std::string marked = MarkBigIntegers(record);
    return marked.size() == record.size() ? error : ParseOnce(marked, root);
  }

  // The parser reads beyond the end of its input, so it gets a copy with room behind.
  simdjson::error_code ParseOnce(std::string_view record, dom::element* root) {
    Reserve(record.size());
    std::memcpy(buffer.get(), record.data(), record.size());
    return dom.parse(buffer.get(), record.size(), false).get(*root);
  }

  dom::parser dom;
  std::unique_ptr<char[]> buffer;
  size_t capacity = 0;
};

EventDecoder::EventDecoder() : parser_(std::make_unique<Parser>()) {}
EventDecoder::~EventDecoder() = default;

RejectReason EventDecoder::Decode(std::string_view record, int64_t record_ts_ms, Event* event) {
  if (record.size() > kMaxEventBytes) return RejectReason::kTooLarge;
  // Some versions of the parser skip a byte order mark, some refuse it.
  if (record.empty() || record.front() == '\xef') return RejectReason::kMalformed;
  dom::element root;
  simdjson::error_code error = parser_->Parse(record, &root);
  if (error == simdjson::DEPTH_ERROR) return RejectReason::kTooDeep;
  if (error != simdjson::SUCCESS) return RejectReason::kMalformed;
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return NestedDeeperThan(root, kMaxJsonDepth) ? RejectReason::kTooDeep : RejectReason::kNotAnObject;
  }

  Fields fields;
  for (dom::key_value_pair field : object) {
    if (IsContainer(field.value) && NestedDeeperThan(field.value, kMaxJsonDepth - 1)) return RejectReason::kTooDeep;
    Key key = KeyOf(field.key);
    if (key == kUnknownKey) continue;
    bool absent = field.value.is_null() && key != kName && key != kValue;
    fields.values[key] = field.value;
    fields.present = absent ? fields.present & ~(1u << key) : fields.present | 1u << key;
  }
  return ReadFields(fields, record_ts_ms, event);
}

}  // namespace odometer
