#include "common/http/server_metrics.h"

namespace odometer::http {

std::string ServerMetrics::RouteLabel(int route) const {
  return route == RouteTable::kNoRoute ? "unmatched" : routes_.routes()[static_cast<size_t>(route)].pattern;
}

void ServerMetrics::Record(int route, Method method, int status, double seconds) {
  if (metrics_ == nullptr) return;
  uint64_t key = (static_cast<uint64_t>(route + 1) * 16 + static_cast<uint64_t>(method)) * 1024 +
                 static_cast<uint64_t>(status);
  prometheus::Counter*& counter = requests_[key];
  if (counter == nullptr) {
    counter = &metrics_->Counter("odometer_http_requests_total", "HTTP requests answered.",
                                 {{"listener", listener_},
                                  {"method", std::string(MethodName(method))},
                                  {"route", RouteLabel(route)},
                                  {"status", std::to_string(status)}});
  }
  counter->Increment();
  prometheus::Histogram*& histogram = seconds_[route];
  if (histogram == nullptr) {
    histogram = &metrics_->Seconds("odometer_http_request_seconds",
                                   "Time from a request's last byte to its answer being ready to be sent.",
                                   {{"listener", listener_}, {"route", RouteLabel(route)}});
  }
  histogram->Observe(seconds);
}

void ServerMetrics::RecordLevels(size_t connections, size_t buffered_bytes, size_t live_clients) {
  if (metrics_ == nullptr) return;
  if (connections_ == nullptr) {
    connections_ = &metrics_->Gauge("odometer_http_connections", "Open connections.", {{"listener", listener_}});
    buffered_bytes_ = &metrics_->Gauge("odometer_http_buffered_bytes",
                                       "Requests that are not complete, and answers that are not taken.",
                                       {{"listener", listener_}});
    live_clients_ = &metrics_->Gauge("odometer_http_live_clients", "Open WebSockets and streams of server-sent events.",
                                     {{"listener", listener_}});
  }
  live_clients_->Set(static_cast<double>(live_clients));
  connections_->Set(static_cast<double>(connections));
  buffered_bytes_->Set(static_cast<double>(buffered_bytes));
}

void ServerMetrics::RecordDropped(const std::string& reason) {
  if (metrics_ == nullptr) return;
  metrics_
      ->Counter("odometer_http_live_dropped_total",
                "Clients of live streams given up: too_slow, write_timeout, overloaded, silent, talkative, revoked.",
                {{"listener", listener_}, {"reason", reason}})
      .Increment();
}

}  // namespace odometer::http
