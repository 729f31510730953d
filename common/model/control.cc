#include "common/model/control.h"

#include "common/base/bytes.h"
#include "common/model/aggregate_codec.h"
#include "common/model/canonical_reader.h"

namespace odometer {
namespace {

constexpr uint8_t kVersion = 1;
// The record's kind; never renumber.
enum Kind : uint8_t { kForget = 0, kSet = 1 };

Status Malformed(const char* what) { return Status::Invalid(std::string("malformed control record: ") + what); }

Result<Control::Set> DecodeSet(ByteReader* reader) {
  int64_t partition = 0;
  std::string_view identity;
  std::string_view bytes;
  if (!ReadSignedVarint(reader, &partition) || partition < 0 || partition > INT32_MAX) {
    return Malformed("bad partition");
  }
  if (!ReadBlob(reader, &identity) || !ReadBlob(reader, &bytes)) return Malformed("it ends early");
  Result<Series> series = DecodeSeriesIdentity(identity);
  if (!series.ok()) return series.status().WithContext("control record");
  Result<Aggregate> aggregate = AggregateCodec::Decode(bytes);
  if (!aggregate.ok()) return aggregate.status().WithContext("control record");
  if (aggregate->empty() || aggregate->sketch() != nullptr) return Malformed("an empty aggregate, or one with a sketch");
  return Control::Set{static_cast<int32_t>(partition), *series, aggregate->parts()};
}

}  // namespace

std::string EncodeControl(const Control& control) {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kVersion);
  writer.U8(control.set ? kSet : kForget);
  writer.Blob(control.org);
  writer.Blob(control.qualified_name);
  if (!control.set) return out;
  std::string identity;
  EncodeSeriesIdentity(control.set->series, &identity);
  std::string aggregate;
  AggregateCodec::Encode(Aggregate::FromParts(control.set->aggregate), &aggregate);
  writer.SignedVarint(control.set->partition);
  writer.Blob(identity);
  writer.Blob(aggregate);
  return out;
}

Result<Control> DecodeControl(std::string_view body) {
  ByteReader reader(body);
  uint8_t version = reader.U8();
  uint8_t kind = reader.U8();
  std::string_view org;
  std::string_view qualified_name;
  if (reader.failed()) return Malformed("it ends early");
  if (version != kVersion) return Status::Invalid("control record of unknown version " + std::to_string(version));
  if (kind > kSet) return Malformed("neither a set nor a forget");
  if (!ReadBlob(&reader, &org) || !ReadBlob(&reader, &qualified_name)) return Malformed("bad org or name");
  Control control{std::string(org), std::string(qualified_name), std::nullopt};
  if (kind == kSet) {
    Result<Control::Set> set = DecodeSet(&reader);
    if (!set.ok()) return set.status();
    if (set->series.org != org || set->series.QualifiedName() != qualified_name) {
      return Malformed("the series to set is not the one to forget");
    }
    control.set = std::move(*set);
  }
  if (!reader.Done()) return Malformed("bytes after its end");
  return control;
}

}  // namespace odometer
