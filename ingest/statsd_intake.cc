#include "ingest/statsd_intake.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "ingest/item_parser.h"

namespace odometer {
namespace {

// One for the same name and tags, in whatever order these are.
void GaugeKey(const StatsdLine& line, std::string* key) {
  std::vector<Label> tags = line.tags;
  std::sort(tags.begin(), tags.end());
  *key = line.name;
  for (const Label& tag : tags) key->append(1, '\0').append(tag.name).append(1, '\0').append(tag.value);
}

}  // namespace

StatsdIntake::StatsdIntake(StatsdOptions options, std::string topic, AsyncProducer* producer, const Clock* clock,
                           Metrics* metrics)
    : options_(std::move(options)),
      topic_(std::move(topic)),
      producer_(producer),
      clock_(clock),
      losses_(std::make_shared<StatsdLosses>(clock, metrics)),
      forgotten_gauges_(metrics->Counter("odometer_statsd_forgotten_gauges_total",
                                         "Gauges whose last value made room for others: a change of one begins at 0.")),
      gauges_(options_.gauge_bytes) {}

void StatsdIntake::Take(std::string_view lines) {
  // Values packed in a line have its tags each: their records may be many times larger than what came.
  constexpr size_t kRecordsAtOnce = 256;
  while (!lines.empty()) {
    const std::string_view line = TakeStatsdLine(&lines);
    if (!line.empty()) TakeLine(line);
    if (records_.size() >= kRecordsAtOnce) Write();
  }
  Write();
}

void StatsdIntake::Refuse(RejectReason reason, std::string_view line) { losses_->Rejected(reason, line); }

void StatsdIntake::Write() {
  if (records_.empty()) return;
  Deliver(producer_, topic_, records_,
          [losses = losses_](const Deliveries& deliveries) { losses->Delivered(deliveries); });
  records_.clear();
}

void StatsdIntake::TakeLine(std::string_view line) {
  if (RejectReason bad = ParseStatsdLine(line, &line_); bad != RejectReason::kNone) return losses_->Rejected(bad, line);
  for (const StatsdValue& value : line_.values) TakeValue(value, line);
}

void StatsdIntake::TakeValue(StatsdValue value, std::string_view line) {
  const bool gauge = line_.type == MetricType::kGauge;
  if (gauge) GaugeKey(line_, &gauge_);
  if (line_.relative) {
    const std::optional<Number> after = gauges_.After(gauge_, value.number);
    if (!after) return losses_->Rejected(RejectReason::kBadValue, line);
    value.number = *after;
  }
  json_.clear();
  StatsdEventToJson(line_, value, &json_);
  std::variant<IngestRecord, ItemError> item = ParseItem(json_, clock_->WallMs(), options_.org);
  if (const auto* error = std::get_if<ItemError>(&item)) return losses_->Rejected(error->reason, line);
  if (gauge) forgotten_gauges_.Increment(static_cast<double>(gauges_.Set(gauge_, value.number)));
  records_.push_back(std::move(std::get<IngestRecord>(item)));
}

}  // namespace odometer
