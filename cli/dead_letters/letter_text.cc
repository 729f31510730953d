#include "cli/dead_letters/letter_text.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/parse_integer.h"
#include "common/model/tier.h"
#include "common/model/timestamp.h"

namespace odometer::cli {
namespace {

// Where it is, when, why, where its record was, how the value begins.
constexpr char kColumns[] = "{:<12} {:<24} {:<16} {:<28} {}";

}  // namespace

std::string Escaped(std::string_view bytes) {
  std::string text;
  for (char c : bytes) {
    switch (c) {
      case '\\': text += "\\\\"; break;
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      case '\t': text += "\\t"; break;
      default:
        if (c >= 0x20 && c < 0x7f) {
          text += c;
        } else {
          text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
  }
  return text;
}

std::string LetterHeading() { return fmt::format(kColumns, "LETTER", "TIME", "REASON", "RECORD", "VALUE"); }

std::string LetterRow(const Letter& letter) {
  const auto& [record, origin, replayed] = letter;
  std::string value = Escaped(record.value.substr(0, kRowValueBytes));
  if (record.value.size() > kRowValueBytes) value += "…";
  if (!origin.cut.empty()) value += fmt::format(" (cut: {})", Escaped(origin.cut));
  if (replayed) value += " (replayed)";
  return fmt::format(kColumns, fmt::format("{}/{}", record.partition, record.offset),
                     FormatIso8601(record.timestamp_ms), Escaped(origin.reason),
                     fmt::format("{}/{}@{}", Escaped(origin.topic), origin.partition, origin.offset), value);
}

std::string LetterJson(const Letter& letter) {
  const auto& [record, origin, replayed] = letter;
  nlohmann::ordered_json json;
  json["partition"] = record.partition;
  json["offset"] = record.offset;
  json["time_ms"] = record.timestamp_ms;
  json["reason"] = origin.reason;
  json["record"] = {{"topic", origin.topic},
                    {"partition", origin.partition},
                    {"offset", origin.offset},
                    {"time_ms", origin.timestamp_ms}};
  json["key"] = record.key.substr(0, kJsonValueBytes);
  json["value"] = record.value.substr(0, kJsonValueBytes);
  json["value_bytes"] = record.value.size();
  if (!origin.cut.empty()) json["cut"] = origin.cut;
  json["replayed"] = replayed;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<int64_t> ParseSince(std::string_view text, int64_t now_ms) {
  if (std::optional<int64_t> ms = ParseInteger<int64_t>(text)) return *ms;
  if (std::optional<int64_t> ms = ParseIso8601(text)) return *ms;
  Result<int64_t> duration = ParseDuration(text);
  if (!duration.ok() || *duration == kForever) {
    return Status::Invalid("'" + std::string(text) + "' is no time: write a duration such as 1h or 7d, an ISO-8601 "
                           "time, or ms since 1970");
  }
  return now_ms - *duration;
}

}  // namespace odometer::cli
