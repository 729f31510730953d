// JSON records as the parser gives them, within bounds. For sources that link simdjson themselves.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "common/model/event_decoder.h"
#include "common/model/number.h"

namespace odometer {

// No allocation per record once the buffers have grown to the largest one. Not thread-safe.
class JsonRecordParser {
 public:
  // Records nested deeper are refused, unless what lies too deep are empty containers only.
  explicit JsonRecordParser(int max_depth);

  // kTooLarge, kTooDeep or kMalformed; on kNone *root is valid until the next call. Whole numbers of any size are read,
  // those over 64 bits as doubles.
  RejectReason Parse(std::string_view record, simdjson::dom::element* root);

 private:
  void Reserve(size_t bytes);
  simdjson::error_code TryParse(std::string_view record, simdjson::dom::element* root);
  simdjson::error_code ParseOnce(std::string_view record, simdjson::dom::element* root);

  simdjson::dom::parser dom_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
};

// False when the element is no finite number.
bool ReadJsonNumber(const simdjson::dom::element& element, Number* number);

}  // namespace odometer
