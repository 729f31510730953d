// What a record of the input topic is, the same for everybody who reads that topic.
#pragma once

#include <cstdint>
#include <memory>
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
  std::string_view body() const { return encoded_ ? encoded_->json : record_.value; }

 private:
  // What a record has that is not JSON as it stands. Most have none of it, and should not pay for it.
  struct Encoded {
    CloudAttributes cloud;  // in binary mode, when it has a version
    std::string json;       // what was made of the value
  };

  void ReadCloudHeader(const Header& header);
  bool IsCloudEvent() const;
  RejectReason MakeJson();
  RejectReason CompleteRaw(Event* event) const;

  const RecordView& record_;
  bool control_ = false;
  bool known_kind_ = true;
  bool raw_ = false;
  bool reading_ = false;
  Encoding encoding_ = Encoding::kJson;
  std::unique_ptr<Encoded> encoded_;  // null: its value is its body
  std::optional<std::string_view> org_, ts_;
  std::string_view id_;
};

}  // namespace odometer
