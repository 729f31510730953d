// A series: (org, name, type, labels), and its bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/model/event.h"

namespace odometer {

// A series' number within its task. Never used again after the series was forgotten.
using SeriesId = uint32_t;

// Owns its strings.
struct Series {
  std::string org;
  std::string name;
  MetricType type = MetricType::kCounter;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by name

  // The value of a label, or empty when there is none.
  std::string_view LabelValue(std::string_view label) const;
  std::string_view level() const { return LabelValue(kLevelLabel); }
  // "level.name", or the bare name when there is no level.
  std::string QualifiedName() const;

  friend bool operator==(const Series&, const Series&) = default;
};

// The identity's canonical bytes, equal exactly for equal series: docs/formats/series.md. Appends.
void EncodeSeriesIdentity(const Event& event, std::string* out);
void EncodeSeriesIdentity(const Series& series, std::string* out);
Result<Series> DecodeSeriesIdentity(std::string_view bytes);

// The beginning of an identity, without a copy. Empty views when it cannot be read.
struct SeriesHead {
  std::string_view org;
  std::string_view name;
};
SeriesHead ReadSeriesHead(std::string_view identity);

}  // namespace odometer
