// The process's own Prometheus metrics: one registry per process, served at /metrics.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <memory>
#include <string>

namespace odometer {

// Thread-safe. Families and metrics live as long as the Metrics object; references stay valid.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  // Names follow Prometheus: odometer_<what>_<unit>[_total]. The same name and labels give the same metric.
  prometheus::Counter& Counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& Gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // Buckets for times in seconds from 0.5 ms to 30 s.
  prometheus::Histogram& Seconds(const std::string& name, const std::string& help, const Labels& labels = {});

  // The text exposition format, version 0.0.4.
  std::string Text() const;

 private:
  prometheus::Registry registry_;
};

}  // namespace odometer
