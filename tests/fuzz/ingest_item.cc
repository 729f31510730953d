// Bodies of POST /ingest/metrics: an array is split as a JSON parser would, and what an item becomes, the processor
// accepts.
#include "ingest/item_parser.h"

#include <nlohmann/json.hpp>
#include <string>

#include "ingest/array_splitter.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

void TestItem(std::string_view json) {
  std::variant<IngestRecord, ItemError> parsed = ParseItem(json, kNowMs, "acme");
  if (const auto* error = std::get_if<ItemError>(&parsed)) {
    ODOMETER_FUZZ_REQUIRE(error->reason != RejectReason::kNone && !error->message.empty());
    return;
  }
  const auto& record = std::get<IngestRecord>(parsed);
  EventDecoder decoder;
  Event event;
  ODOMETER_FUZZ_REQUIRE(decoder.Decode(record.value, kNowMs, &event) == RejectReason::kNone);
  ODOMETER_FUZZ_REQUIRE(event.name == record.name && event.org == "acme");
  ODOMETER_FUZZ_REQUIRE(record.key.ends_with(record.name));
}

}  // namespace

void TestInput(std::string_view input) {
  const std::string_view body = TrimJson(input);
  if (!body.starts_with('[')) return TestItem(body);

  std::optional<std::vector<std::string_view>> items = SplitJsonArray(body);
  const nlohmann::json array = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  // That parser takes a NUL for the end.
  if (array.is_array() && body.find('\0') == std::string_view::npos) ODOMETER_FUZZ_REQUIRE(items && items->size() == array.size());
  if (!items) return;
  for (std::string_view item : *items) {
    ODOMETER_FUZZ_REQUIRE(!item.empty() && TrimJson(item) == item);
    TestItem(item);
  }
}

}  // namespace odometer
