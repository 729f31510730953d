// A record that is kept for later.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/kafka/types.h"

namespace odometer {

// What the record takes of a queue's bytes: key, value and headers.
size_t QueuedBytes(const OutRecord& record);

// Owns the topic and the bytes. Not moved, because View points into it.
class RecordCopy {
 public:
  RecordCopy(std::string topic, const OutRecord& record);
  RecordCopy(const RecordCopy&) = delete;
  RecordCopy& operator=(const RecordCopy&) = delete;

  const std::string& topic() const { return topic_; }
  const OutRecord& View() const { return view_; }

 private:
  // The end of what is copied already; it never grows beyond its capacity.
  std::string_view Keep(std::string_view bytes);

  const std::string topic_;
  std::string bytes_;
  OutRecord view_;
};

}  // namespace odometer
