#include "common/encoding/binary_json.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "common/model/json_text.h"
#include "common/model/number.h"

namespace odometer {
namespace {

using nlohmann::json;

// Writes JSON as the library reads. What it refuses ends the reading, and so bounds the reader's recursion.
class JsonTextSax {
 public:
  JsonTextSax(bool cbor, std::string* out) : cbor_(cbor), out_(*out) {}

  RejectReason reason() const { return reason_; }

  // The names are the library's.
  bool null() { return Value("null"); }
  bool boolean(bool value) { return Value(value ? "true" : "false"); }
  bool number_integer(int64_t value) {
    // The library takes CBOR's integers below -2^63 for others; its true ones are below 0.
    return !(cbor_ && value >= 0) && Value(std::to_string(value));
  }
  bool number_unsigned(uint64_t value) { return Value(std::to_string(value)); }
  bool number_float(double value, const std::string&) { return std::isfinite(value) && Value(DoubleToJson(value)); }
  bool string(const std::string& value) {
    Comma();
    AppendJsonText(value, &out_);
    comma_ = true;
    return true;
  }
  bool binary(const json::binary_t&) { return false; }
  bool start_object(size_t) { return Open('{'); }
  bool key(const std::string& name) {
    string(name);
    out_ += ':';
    comma_ = false;
    return true;
  }
  bool end_object() { return Close('}'); }
  bool start_array(size_t) { return Open('['); }
  bool end_array() { return Close(']'); }
  bool parse_error(size_t, const std::string&, const json::exception&) { return false; }

 private:
  static constexpr int kMaxDepth = kMaxJsonDepth + 1;

  void Comma() {
    if (comma_) out_ += ',';
  }
  bool Value(std::string_view text) {
    Comma();
    out_ += text;
    comma_ = true;
    return true;
  }
  bool Open(char bracket) {
    if (++depth_ > kMaxDepth) {
      reason_ = RejectReason::kTooDeep;
      return false;
    }
    Comma();
    out_ += bracket;
    comma_ = false;
    return true;
  }
  bool Close(char bracket) {
    --depth_;
    out_ += bracket;
    comma_ = true;
    return true;
  }

  const bool cbor_;
  std::string& out_;
  RejectReason reason_ = RejectReason::kMalformed;
  int depth_ = 0;
  bool comma_ = false;
};

// The size of the argument behind the first byte of an item of CBOR.
size_t ArgumentBytes(uint8_t first) {
  const uint8_t info = first & 0x1f;
  return info < 24 || info > 27 ? 0 : size_t{1} << (info - 24);
}

// Whether a string of indefinite length begins inside another one. That is no CBOR, but the library goes one call
// deeper for each: a megabyte of such first bytes overflows the stack. Goes from item to item, and so takes the bytes
// of a text for what they are.
bool HasStringInString(std::string_view bytes) {
  constexpr uint8_t kIndefiniteText = 0x7f, kIndefiniteBytes = 0x5f, kBreak = 0xff;
  bool in_string = false;
  while (!bytes.empty()) {
    const auto first = static_cast<uint8_t>(bytes.front());
    if (first == kIndefiniteText || first == kIndefiniteBytes) {
      if (in_string) return true;
      in_string = true;
    }
    if (first == kBreak) in_string = false;
    size_t argument = ArgumentBytes(first);
    if (argument >= bytes.size()) return false;  // cut: the library says so
    uint64_t value = argument == 0 ? first & 0x1f : 0;
    bytes.remove_prefix(1);
    for (; argument > 0; --argument, bytes.remove_prefix(1)) value = value << 8 | static_cast<uint8_t>(bytes.front());
    const bool definite_string = (first >> 5 == 2 || first >> 5 == 3) && (first & 0x1f) < 28;
    if (definite_string) bytes.remove_prefix(std::min<uint64_t>(value, bytes.size()));
  }
  return false;
}

}  // namespace

RejectReason BinaryToJson(Encoding encoding, std::string_view bytes, std::string* json_text) {
  const bool cbor = encoding == Encoding::kCbor;
  if (cbor && HasStringInString(bytes)) return RejectReason::kMalformed;
  JsonTextSax sax(cbor, json_text);
  const auto format = cbor ? json::input_format_t::cbor : json::input_format_t::msgpack;
  const auto* begin = reinterpret_cast<const uint8_t*>(bytes.data());
  const bool ok = json::sax_parse(begin, begin + bytes.size(), &sax, format);
  return ok ? RejectReason::kNone : sax.reason();
}

}  // namespace odometer
