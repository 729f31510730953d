// What a record of the input topic is, the same for everybody who reads that topic.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/kafka/types.h"
#include "common/model/event_decoder.h"

namespace odometer {

// Reads the record's headers; views into the record.
class InputRecord {
 public:
  explicit InputRecord(const RecordView& record);

  // A control record (common/model/control.h): its value is no event.
  bool is_control() const { return control_; }
  // Its event counts a reading.
  bool is_reading() const { return reading_; }
  // Reads its event, a raw one too, whose headers say what its body does not. On kNone *event is filled in, and its views
  // are valid as long as the record and until the decoder's next call.
  RejectReason Decode(EventDecoder* decoder, Event* event) const;

 private:
  RejectReason CompleteRaw(Event* event) const;

  const RecordView& record_;
  bool control_ = false;
  bool readable_ = true;  // of a kind and content type that is known here
  bool raw_ = false;
  bool reading_ = false;
  std::optional<std::string_view> org_, ts_;
  std::string_view id_;
};

}  // namespace odometer
