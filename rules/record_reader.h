// Reads the fields of a table from JSON records.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "common/model/event_decoder.h"
#include "rules/field_table.h"
#include "rules/field_value.h"

namespace odometer {
class JsonRecordParser;
}

namespace odometer::rules {

// No allocation per record once the buffers have grown to the largest one. Not thread-safe.
class RecordReader {
 public:
  // The table must outlive the reader.
  explicit RecordReader(const FieldTable* table);
  ~RecordReader();

  // kMalformed, kTooLarge, kTooDeep (kMaxRawJsonDepth) or kNotAnObject; on kNone values() are the record's, valid until
  // the next call. Of a key that stands twice the last one counts.
  RejectReason Read(std::string_view record);
  // By field.
  const std::vector<FieldValue>& values() const { return values_; }

 private:
  struct Walk;

  const FieldTable& table_;
  std::unique_ptr<JsonRecordParser> parser_;
  std::vector<FieldValue> values_;
  // By node: in which record it was last found, to know keys that stand twice.
  std::vector<uint64_t> found_in_;
  uint64_t record_number_ = 0;
};

}  // namespace odometer::rules
