#include "common/model/definition.h"

#include <algorithm>

#include "common/base/bytes.h"

namespace odometer {
namespace {

constexpr uint8_t kVersion = 1;

void EncodeOptional(const std::optional<Reading>& reading, ByteWriter* out) {
  out->U8(reading ? 1 : 0);
  if (reading) EncodeReading(*reading, out);
}

std::optional<Reading> DecodeOptional(ByteReader* in) {
  if (in->U8() == 0) return std::nullopt;
  return DecodeReading(in);
}

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::string DefinitionKey(std::string_view org, std::string_view code) {
  std::string key(org);
  key.append("/").append(code);
  return key;
}

void EncodeReading(const Reading& reading, ByteWriter* out) {
  out->SignedVarint(reading.value);
  out->SignedVarint(reading.at_ms);
  out->SignedVarint(reading.recorded_ms);
}

Reading DecodeReading(ByteReader* in) {
  Reading reading;
  reading.value = in->SignedVarint();
  reading.at_ms = in->SignedVarint();
  reading.recorded_ms = in->SignedVarint();
  return reading;
}

std::string EncodeDefinition(const Definition& definition) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.U8(kVersion);
  out.Varint(definition.id);
  out.Blob(definition.org);
  out.Blob(definition.code);
  out.Blob(definition.name);
  out.SignedVarint(definition.min_reading);
  out.SignedVarint(definition.max_reading);
  out.U8(static_cast<uint8_t>(definition.truncation));
  out.U8(definition.active ? 1 : 0);
  out.Varint(definition.version);
  out.SignedVarint(definition.revision);
  EncodeOptional(definition.current, &out);
  EncodeOptional(definition.last, &out);
  return bytes;
}

Result<Definition> DecodeDefinition(std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = in.U8();
  if (!in.failed() && version != kVersion) {
    return Status::Invalid("definition of format version " + std::to_string(version) + ", this program reads version " +
                           std::to_string(kVersion));
  }
  Definition definition;
  definition.id = in.Varint();
  definition.org = in.Blob();
  definition.code = in.Blob();
  definition.name = in.Blob();
  definition.min_reading = in.SignedVarint();
  definition.max_reading = in.SignedVarint();
  const uint8_t truncation = in.U8();
  definition.truncation = static_cast<Truncation>(truncation);
  const uint8_t active = in.U8();
  definition.active = active == 1;
  definition.version = in.Varint();
  definition.revision = in.SignedVarint();
  definition.current = DecodeOptional(&in);
  definition.last = DecodeOptional(&in);
  if (!in.Done() || truncation >= kTruncations || active > 1) return Status::Invalid("malformed definition");
  return definition;
}

std::optional<std::string> NormalizedCode(std::string_view code) {
  while (!code.empty() && IsBlank(code.front())) code.remove_prefix(1);
  while (!code.empty() && IsBlank(code.back())) code.remove_suffix(1);
  if (code.empty() || code.size() > kMaxCodeBytes) return std::nullopt;
  std::string normalized(code);
  for (char& c : normalized) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  const bool good = std::all_of(normalized.begin(), normalized.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return good ? std::optional(normalized) : std::nullopt;
}

}  // namespace odometer
