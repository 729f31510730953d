// What a record of the input topic is, the same for everybody who reads that topic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/encoding/cloud_event.h"
#include "common/encoding/encoding.h"
#include "common/kafka/types.h"
#include "common/model/event_decoder.h"

namespace odometer {

// Reads the record's headers; views into the record.
class InputRecord {
 public:
  explicit InputRecord(const RecordView& record);
  InputRecord(const InputRecord&) = delete;
  InputRecord& operator=(const InputRecord&) = delete;

  // A control record (common/model/control.h): its value is no event.
  bool is_control() const { return control_; }
  // Its event counts a reading.
  bool is_reading() const { return reading_; }
  // Reads its event, a raw one too, whose headers say what its body does not. On kNone *event is filled in, and its
  // views are valid as long as this and until the decoder's next call.
  RejectReason Decode(EventDecoder* decoder, Event* event);
  // After a Decode that gave kNone: the event as JSON, byte for byte as it was sent where that was JSON; valid as
  // long as this is.
  std::string_view body() const { return body_; }

 private:
  RejectReason ReadBody();
  RejectReason CompleteRaw(Event* event) const;

  const RecordView& record_;
  bool control_ = false;
  bool known_kind_ = true;
  bool raw_ = false;
  bool reading_ = false;
  bool plain_json_ = true;  // its value is its body
  Encoding encoding_ = Encoding::kJson;
  std::optional<CloudAttributes> cloud_;  // in binary mode
  std::optional<std::string_view> org_, ts_;
  std::string_view id_;
  std::string_view body_;
  std::string json_;  // what body_ points to unless plain_json_
};

}  // namespace odometer
