// From the records of a request to what Kafka said about them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/http/message.h"
#include "common/kafka/producer.h"
#include "ingest/ingest_record.h"

namespace odometer {

// What became of a record. A later outcome is worse.
enum class Outcome {
  kWritten,
  kBusy,          // too many records are waiting already: not written
  kUnavailable,   // trouble that passes: not written
  kMaybeWritten,  // the same, but the record had been sent: trying again may count it twice
  kRefused,       // not written, and trying again is of no use
};

struct Delivery {
  Outcome outcome = Outcome::kUnavailable;
  RecordMetadata written;  // when written
  std::string reason;      // otherwise
};

// One per record, in the records' order.
using Deliveries = std::vector<Delivery>;

// Produces the records and calls `done` once, when there is a result for each: on the producer's thread, or at once on
// the caller's when nothing could be queued. Returns without waiting. The records need not outlive the call.
void Deliver(AsyncProducer* producer, const std::string& topic, const std::vector<IngestRecord>& records,
             std::function<void(const Deliveries&)> done);

// Adds X-Odometer-Offset with the highest offset of each partition. A partition where the offset of a record is not
// known is left out; nothing is added when none is left.
void AddOffsetHeader(const std::string& topic, const Deliveries& deliveries, http::Response* response);

// How an outcome other than kWritten is told: 429 and 503 with Retry-After when trying again may help, else 500.
int OutcomeStatus(Outcome outcome);
std::string_view OutcomeCode(Outcome outcome);
std::string OutcomeMessage(const Delivery& delivery);
// Adds Retry-After when trying again may help.
void AddRetryAfter(Outcome outcome, http::Response* response);
http::Response NotWrittenResponse(const Delivery& delivery);

}  // namespace odometer
