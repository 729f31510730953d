#include "common/kafka/record_copy.h"

#include <utility>

namespace odometer {

size_t QueuedBytes(const OutRecord& record) {
  size_t bytes = record.key.size() + record.value.size();
  for (const Header& header : record.headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

RecordCopy::RecordCopy(std::string topic, const OutRecord& record) : topic_(std::move(topic)), view_(record) {
  bytes_.reserve(QueuedBytes(record));
  view_.key = Keep(record.key);
  view_.value = Keep(record.value);
  for (Header& header : view_.headers) header = {Keep(header.name), Keep(header.value)};
}

std::string_view RecordCopy::Keep(std::string_view bytes) {
  const size_t start = bytes_.size();
  bytes_.append(bytes);
  return std::string_view(bytes_).substr(start);
}

}  // namespace odometer
