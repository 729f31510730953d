// The gauges of a rules file, and their ticks: docs/rules.md, Gauges.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <vector>

#include "common/model/gauge.h"
#include "rules/action_reader_internal.h"
#include "rules/yaml_reader_internal.h"

namespace odometer::rules {

// With mistakes what is returned is of no use.
class GaugeReader {
 public:
  // `metrics`: that the rules count.
  GaugeReader(YamlReader* yaml, const ActionReader::Metrics& metrics) : yaml_(*yaml), metrics_(metrics) {}

  // In the order of the names.
  std::vector<Gauge> Read(const YAML::Node& node);

 private:
  void ReadGauge(const YAML::Node& key, const YAML::Node& value, std::vector<Gauge>* gauges);
  std::optional<Period> ReadTick(const YAML::Node& tick, const YAML::Node* zone);

  YamlReader& yaml_;
  const ActionReader::Metrics& metrics_;
};

}  // namespace odometer::rules
