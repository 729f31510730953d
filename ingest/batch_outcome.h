// What a batch came to, in the order of its items.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.h"
#include "ingest/delivery.h"
#include "ingest/item_parser.h"

namespace odometer {

// Not thread-safe.
class BatchOutcome {
 public:
  // `has_key`: the items' ids come from their places in the batch.
  BatchOutcome(size_t items, bool has_key) : items_(items), has_key_(has_key) {}

  void AddBad(size_t index, const ItemError& error);
  void AddDelivery(size_t index, const Delivery& delivery);

  size_t items() const { return items_; }
  bool failed() const { return !failures_.empty(); }
  // Which items were not written, and why. Requires that there are any.
  http::Response ToResponse() const;

 private:
  // An item that was not written.
  struct Failure {
    size_t index;
    std::string code;
    std::string message;
    std::string field;
  };

  http::Response Failed(int status, std::string_view code) const;

  size_t items_;
  bool has_key_;
  Outcome worst_ = Outcome::kWritten;
  std::vector<Failure> failures_;
};

}  // namespace odometer
