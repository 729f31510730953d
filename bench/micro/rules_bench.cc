// What rules cost, beside decoding an event of our own from as many bytes.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "common/model/event_decoder.h"
#include "rules/evaluator.h"
#include "rules/rules_file.h"

namespace odometer {
namespace {

constexpr int64_t kRecordTsMs = 1'700'000'000'000;

constexpr std::string_view kOrder =
    R"({"_type":"order_placed","id":"0d3c7a52-7f0e-4a4c-9f57-3f2e8f0b9a11","created_at":"2023-11-14T22:13:19.500Z",)"
    R"("customer":{"id":4711,"email":"ann@example.com","since":"2019-03-01","segments":["returning","newsletter"]},)"
    R"("address":{"street":"Main Street 5","zip":"10115","city":"Berlin","country":"de"},"amount":59.85,"currency":"EUR",)"
    R"("items":[{"sku":"A-1001","count":2,"price":19.95},{"sku":"B-2002","count":1,"price":14.95},)"
    R"({"sku":"C-3003","count":1,"price":5.00}],"timing":{"checkout":41.5,"payment":1203,"total":1511},)"
    R"("status":"paid","channel":"web","coupon":null,"test":false})";

constexpr std::string_view kRules = R"(
sources: [{topic: shop.orders}]
time: /created_at
events:
  - on: order_placed
    labels: {country: {from: /address/country, in: [de, at, ch], else: other}}
    do:
      - incr: orders
      - incr: {gauge: revenue, by: /amount}
      - observe: {timer: checkout_ms, value: /timing/checkout}
      - set_value: {gauge: last_basket, value: /items/length}
  - on: order_paid
    do: [{incr: paid}]
  - when: {/amount: {ge: 1000}, not: {/test: true}}
    do: [{incr: large_orders}]
)";

// Four events from a nested record of 600 bytes.
void BM_Rules(benchmark::State& state) {
  auto rules = rules::CompileRules(kRules, "rules.yaml");
  if (!rules.ok()) return state.SkipWithError(rules.status().message().c_str());
  rules::Evaluator evaluator(*rules);
  for (auto _ : state) {
    const RejectReason reason = evaluator.Evaluate(kOrder, kRecordTsMs, 0);
    benchmark::DoNotOptimize(evaluator.events().data());
    if (reason != RejectReason::kNone || evaluator.events().size() != 4) return state.SkipWithError("not four events");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Rules);

// One event, in a record of the same size and content.
void BM_DecodeEventOfThatSize(benchmark::State& state) {
  const std::string record =
      R"({"name":"orders","value":1,"ts":"2023-11-14T22:13:19.500Z","labels":{"country":"de"},)" +
      std::string(kOrder.substr(kOrder.find("\"customer\"")));
  EventDecoder decoder;
  Event event;
  for (auto _ : state) {
    if (decoder.Decode(record, kRecordTsMs, &event) != RejectReason::kNone) return state.SkipWithError("rejected");
    benchmark::DoNotOptimize(event);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeEventOfThatSize);

}  // namespace
}  // namespace odometer
