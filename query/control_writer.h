// The ControlWriter over Kafka.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/kafka/admin.h"
#include "common/kafka/producer.h"
#include "query/query.h"

namespace odometer {

using TransactionalProducerFactory = std::function<Result<std::unique_ptr<TransactionalProducer>>()>;

// `make_producer` is called at the first Write, and again whenever the producer was fenced or failed for good. `admin`
// must outlive the writer. The writer tries a few times; an error of Write then means:
//   kRetry  Kafka does not take it now; it may, rarely, have been written all the same
//   kStop   not written, refused for good (no such topic, not authorised)
// Writing a control again is harmless: it takes effect where it stands last, still before its Write returned.
std::unique_ptr<ControlWriter> NewControlWriter(std::string topic, TransactionalProducerFactory make_producer,
                                                Admin* admin);

// The partition whose task gets a set: any would do, the same one each time keeps the series in one place.
int32_t SetPartition(const std::string& qualified_name, int32_t partitions);

}  // namespace odometer
