// The request metrics of one listener.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "common/base/metrics.h"
#include "common/http/message.h"
#include "common/http/route_table.h"

namespace odometer::http {

// One per I/O thread: it remembers the metrics it has looked up, and so takes no lock for a request.
class ServerMetrics {
 public:
  // `metrics` may be null: nothing is recorded. Both must outlive this.
  ServerMetrics(std::string listener, const RouteTable* routes, Metrics* metrics)
      : listener_(std::move(listener)), routes_(*routes), metrics_(metrics) {}

  void Record(int route, Method method, int status, double seconds);
  // Of the whole listener, as they are now.
  void RecordLevels(size_t connections, size_t buffered_bytes, size_t live_clients);
  // A client of a live stream whose connection we gave up.
  void RecordDropped(const std::string& reason);

 private:
  std::string RouteLabel(int route) const;

  const std::string listener_;
  const RouteTable& routes_;
  Metrics* const metrics_;
  std::unordered_map<uint64_t, prometheus::Counter*> requests_;  // by route, method and status
  std::unordered_map<int, prometheus::Histogram*> seconds_;      // by route
  prometheus::Gauge* connections_ = nullptr;
  prometheus::Gauge* buffered_bytes_ = nullptr;
  prometheus::Gauge* live_clients_ = nullptr;
};

}  // namespace odometer::http
