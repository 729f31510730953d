// The parameters of a query, read strictly: what cannot be understood is an error that names the parameter, never a
// default. Of a parameter that stands twice the first counts; unknown ones are ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/message.h"
#include "common/model/period.h"
#include "query/min_offset.h"

namespace odometer {

struct BadParameter {
  std::string field;
  std::string message;
};
http::Response BadParameterResponse(const BadParameter& bad);

// What /metric and /read can show of a series.
enum class MetricView { kCounter, kPoints, kGauge, kMeter, kTimer, kSet };

struct MetricQuery {
  std::string key;
  MetricView view = MetricView::kCounter;
  // Inclusive, epoch ms; brought to the years that events can have, so that arithmetic on them cannot overflow.
  std::optional<int64_t> from_ms;
  std::optional<int64_t> to_ms;
  std::optional<Period> period;
  std::vector<std::pair<std::string, std::string>> labels;  // of label.<name>=<value>, sorted by name
};
// Fills in *query, or says what is wrong.
std::optional<BadParameter> ParseMetricQuery(const http::Request& request, MetricQuery* query);

// Such a query's parameters of a period.
void AddPeriod(const Period& period, http::Request* request);

// What every read understands.
struct ReadConditions {
  OffsetSet min_offset;           // wait until the answer reflects these records
  bool require_complete = false;  // an answer that lacks partitions is an error
};
std::optional<BadParameter> ParseReadConditions(const http::Request& request, const std::string& topic,
                                                ReadConditions* conditions);

}  // namespace odometer
