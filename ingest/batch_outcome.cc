#include "ingest/batch_outcome.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace odometer {

using http::Response;

void BatchOutcome::AddBad(size_t index, const ItemError& error) {
  failures_.push_back({index, std::string(RejectReasonName(error.reason)), error.message, error.field});
}

void BatchOutcome::AddDelivery(size_t index, const Delivery& delivery) {
  if (delivery.outcome == Outcome::kWritten) return;
  worst_ = std::max(worst_, delivery.outcome);
  failures_.push_back({index, std::string(OutcomeCode(delivery.outcome)), OutcomeMessage(delivery), ""});
}

Response BatchOutcome::ToResponse() const {
  // The worst outcome is the answer's; items that are wrong themselves are the mildest.
  const bool only_bad = worst_ == Outcome::kWritten;
  Response response = only_bad ? Failed(400, "bad_items") : Failed(OutcomeStatus(worst_), OutcomeCode(worst_));
  AddRetryAfter(worst_, &response);
  return response;
}

Response BatchOutcome::Failed(int status, std::string_view code) const {
  std::vector<Failure> sorted = failures_;
  std::sort(sorted.begin(), sorted.end(), [](const Failure& a, const Failure& b) { return a.index < b.index; });
  nlohmann::json items = nlohmann::json::array();
  for (const Failure& failure : sorted) {
    nlohmann::json item{{"index", failure.index}, {"code", failure.code}, {"message", failure.message}};
    if (!failure.field.empty()) item["field"] = failure.field;
    items.push_back(std::move(item));
  }
  std::string message = std::to_string(sorted.size()) + " of " + std::to_string(items_) + " items failed";
  if (has_key_) {
    message += ": send the same batch again, under the same Idempotency-Key";
  } else if (sorted.size() < items_) {
    message += ", the others are written: send only these again";
  }
  nlohmann::json body{{"error", {{"code", code}, {"message", message}, {"items", std::move(items)}}}};
  return Response::Json(status, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace odometer
