// From the records of a request to what Kafka said about them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/http/message.h"
#include "common/kafka/producer.h"
#include "ingest/ingest_record.h"

namespace odometer {

// One result per record, in the records' order.
using DeliveryResults = std::vector<Result<RecordMetadata>>;

// Produces the records and calls `done` once, when there is a result for each: on the producer's thread, or at once on
// the caller's when nothing could be queued. Returns without waiting. The records need not outlive the call.
void Deliver(AsyncProducer* producer, const std::string& topic, const std::vector<IngestRecord>& records,
             std::function<void(const DeliveryResults&)> done);

// Adds X-Odometer-Offset with the highest offset of each partition; nothing when no record was written.
void AddOffsetHeader(const std::string& topic, const DeliveryResults& results, http::Response* response);

// What a client hears about a record that was not written: 503 with Retry-After when trying again may help, else 500.
http::Response NotWrittenResponse(const Status& status);
// The code of that answer's error.
std::string NotWrittenCode(const Status& status);
std::string NotWrittenMessage(const Status& status);

}  // namespace odometer
