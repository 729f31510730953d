#include "common/model/json_text.h"

namespace odometer {
namespace {

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void AppendEscaped(char c, std::string* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  switch (c) {
    case '"': *out += "\\\""; return;
    case '\\': *out += "\\\\"; return;
    case '\n': *out += "\\n"; return;
    case '\r': *out += "\\r"; return;
    case '\t': *out += "\\t"; return;
    default: break;
  }
  *out += "\\u00";
  *out += kDigits[static_cast<unsigned char>(c) >> 4];
  *out += kDigits[static_cast<unsigned char>(c) & 15];
}

}  // namespace

void AppendJsonText(std::string_view text, std::string* out) {
  *out += '"';
  size_t written = 0;  // most texts need no escapes, and go in as one piece
  for (size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    out->append(text.substr(written, i - written));
    AppendEscaped(text[i], out);
    written = i + 1;
  }
  out->append(text.substr(written)).append(1, '"');
}

}  // namespace odometer
