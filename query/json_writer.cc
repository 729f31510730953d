#include "query/json_writer.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/model/number.h"

namespace odometer {
namespace {

std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

JsonWriter& JsonWriter::Key(std::string_view key) {
  Comma();
  out_ += Quoted(key);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) { return Raw(Quoted(text)); }

JsonWriter& JsonWriter::Double(std::optional<double> value) {
  return Raw(value && std::isfinite(*value) ? DoubleToJson(*value) : "null");
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Comma();
  out_ += json;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Comma();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

void JsonWriter::Comma() {
  if (comma_) out_ += ',';
}

}  // namespace odometer
