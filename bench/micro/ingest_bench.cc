// From an item of POST /ingest/metrics to its record.
#include <benchmark/benchmark.h>

#include <string_view>
#include <variant>

#include "ingest/item_parser.h"

namespace odometer {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

constexpr std::string_view kPlainItem = R"({"level":"web","name":"requests.checkout.0042","type":"COUNTER","value":3})";
constexpr std::string_view kLabelledItem =
    R"({"name":"latency","type":"TIMER","value":12.5,"ts":"2023-11-14T22:13:19.123Z","level":"web",)"
    R"("labels":{"method":"GET","route":"/cart/{id}","status":"200","zone":"b"},"id":"6f1c2a"})";

void ParseOneItem(benchmark::State& state, std::string_view item) {
  for (auto _ : state) {
    std::variant<IngestRecord, ItemError> parsed = ParseItem(item, kNowMs);
    if (!std::holds_alternative<IngestRecord>(parsed)) {
      state.SkipWithError("the item was refused");
      return;
    }
    benchmark::DoNotOptimize(parsed);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(ParseOneItem, plain, kPlainItem);
BENCHMARK_CAPTURE(ParseOneItem, labelled, kLabelledItem);

}  // namespace
}  // namespace odometer
