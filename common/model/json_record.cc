#include "common/model/json_record.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <string>

#include "common/model/big_integers.h"

namespace odometer {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kFirstCapacity = 4096;

}  // namespace

JsonRecordParser::JsonRecordParser(int max_depth) : dom_(2 * kMaxEventBytes) {  // room for what MarkBigIntegers adds
  Reserve(kFirstCapacity);
  // The parser counts the document itself as a level.
  if (dom_.allocate(kFirstCapacity, static_cast<size_t>(max_depth) + 1) != simdjson::SUCCESS) throw std::bad_alloc();
}

RejectReason JsonRecordParser::Parse(std::string_view record, dom::element* root) {
  if (record.size() > kMaxEventBytes) return RejectReason::kTooLarge;
  // Some versions of the parser skip a byte order mark, some refuse it.
  if (record.empty() || record.front() == '\xef') return RejectReason::kMalformed;
  simdjson::error_code error = TryParse(record, root);
  if (error == simdjson::DEPTH_ERROR) return RejectReason::kTooDeep;
  return error == simdjson::SUCCESS ? RejectReason::kNone : RejectReason::kMalformed;
}

void JsonRecordParser::Reserve(size_t bytes) {
  if (bytes <= capacity_) return;
  capacity_ = std::max(bytes, 2 * capacity_);
  buffer_ = std::make_unique<char[]>(capacity_ + simdjson::SIMDJSON_PADDING);
}

simdjson::error_code JsonRecordParser::TryParse(std::string_view record, dom::element* root) {
  simdjson::error_code error = ParseOnce(record, root);
  if (error == simdjson::SUCCESS || error == simdjson::DEPTH_ERROR) return error;
  std::string marked = MarkBigIntegers(record);
  return marked.size() == record.size() ? error : ParseOnce(marked, root);
}

// The parser reads beyond the end of its input, so it gets a copy with room behind.
simdjson::error_code JsonRecordParser::ParseOnce(std::string_view record, dom::element* root) {
  Reserve(record.size());
  std::memcpy(buffer_.get(), record.data(), record.size());
  return dom_.parse(buffer_.get(), record.size(), false).get(*root);
}

bool ReadJsonNumber(const dom::element& element, Number* number) {
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

}  // namespace odometer
