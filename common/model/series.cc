#include "common/model/series.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/model/canonical_reader.h"

namespace odometer {
namespace {

constexpr uint8_t kVersion = 1;

Status Malformed(const char* what) { return Status::Invalid(std::string("malformed series: ") + what); }

void EncodeHead(std::string_view org, std::string_view name, MetricType type, size_t labels, ByteWriter* out) {
  out->U8(kVersion);
  out->U8(static_cast<uint8_t>(type));
  out->Blob(org);
  out->Blob(name);
  out->Varint(labels);
}

}  // namespace

std::string_view Series::LabelValue(std::string_view label) const {
  auto at = std::lower_bound(labels.begin(), labels.end(), label,
                             [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  return at != labels.end() && at->first == label ? std::string_view(at->second) : std::string_view();
}

std::string Series::QualifiedName() const {
  std::string_view own_level = level();
  if (own_level.empty()) return name;
  std::string qualified(own_level);
  qualified += '.';
  qualified += name;
  return qualified;
}

void EncodeSeriesIdentity(const Event& event, std::string* out) {
  ByteWriter writer(out);
  EncodeHead(event.org, event.name, event.type, event.labels.size(), &writer);
  for (const Label& label : event.labels) {
    writer.Blob(label.name);
    writer.Blob(label.value);
  }
}

void EncodeSeriesIdentity(const Series& series, std::string* out) {
  ByteWriter writer(out);
  EncodeHead(series.org, series.name, series.type, series.labels.size(), &writer);
  for (const auto& [name, value] : series.labels) {
    writer.Blob(name);
    writer.Blob(value);
  }
}

SeriesHead ReadSeriesHead(std::string_view identity) {
  ByteReader reader(identity);
  SeriesHead head;
  reader.U8();
  reader.U8();
  if (!ReadBlob(&reader, &head.org) || !ReadBlob(&reader, &head.name)) return {};
  return head;
}

Result<Series> DecodeSeriesIdentity(std::string_view bytes) {
  ByteReader reader(bytes);
  uint8_t version = reader.U8();
  uint8_t type = reader.U8();
  std::string_view org;
  std::string_view name;
  uint64_t labels = 0;
  if (reader.failed()) return Malformed("it ends early");
  if (version != kVersion) return Status::Invalid("series of unknown version " + std::to_string(version));
  if (type < static_cast<uint8_t>(MetricType::kCounter) || type > static_cast<uint8_t>(kLastMetricType)) {
    return Malformed("unknown type");
  }
  if (!ReadBlob(&reader, &org) || !ReadBlob(&reader, &name)) return Malformed("bad org or name");
  if (!ReadVarint(&reader, &labels)) return Malformed("bad number of labels");
  Series series{std::string(org), std::string(name), static_cast<MetricType>(type), {}};
  for (uint64_t i = 0; i < labels; ++i) {
    std::string_view label;
    std::string_view value;
    if (!ReadBlob(&reader, &label) || !ReadBlob(&reader, &value)) return Malformed("bad label");
    if (i > 0 && label <= series.labels.back().first) return Malformed("labels out of order");
    series.labels.emplace_back(label, value);
  }
  if (!reader.Done()) return Malformed("bytes after its end");
  return series;
}

}  // namespace odometer
