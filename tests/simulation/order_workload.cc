#include "tests/simulation/order_workload.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "common/model/event_decoder.h"
#include "rules/rules_file.h"

namespace odometer {
namespace {

// Names and types as of the events' topic, so that series have parts in tasks of both.
constexpr const char* kFirstRules = R"(
sources: [{topic: shop.orders}]
time: /at
events:
  - on: order
    do:
      - incr: s0
      - incr: {counter: s1, by: /cart/amount}
      - set_value: {gauge: s2, value: /cart/items/length}
  - match: {/cart/express: true}
    time: /cart/sent
    do: [{observe: {timer: s3, value: /cart/amount}}]
)";
constexpr const char* kSecondRules = R"(
sources: [{topic: shop.orders}]
time: /at
events:
  - on: order
    do:
      - incr: {counter: s0, by: 2}
      - set_value: {gauge: s2, value: /cart/amount}
      - observe: {meter: s1, value: /cart/items/length}
)";

}  // namespace

std::shared_ptr<const rules::RuleSet> OrderWorkload::Rules(int version) {
  auto compiled = [](const char* text) { return rules::CompileRules(text, "rules.yaml").value(); };
  thread_local const std::shared_ptr<const rules::RuleSet> first = compiled(kFirstRules), second = compiled(kSecondRules);
  return version == 0 ? first : second;
}

void OrderWorkload::Send() {
  random_ = sends_.Fork();
  const auto partition = static_cast<int32_t>(random_.Below(kOrderPartitions));
  const Order order = RandomOrder();
  std::string items;
  for (int64_t i = 0; i < order.items; ++i) items += (i > 0 ? ",7" : "7");
  OutRecord record;
  std::string body;
  if (order.kind == Order::Kind::kOther && random_.OneIn(3)) {
    record.tombstone = true;
  } else if (order.kind == Order::Kind::kOther) {
    body = R"({"_type":"ping","at":"never"})";
  } else if (order.kind == Order::Kind::kRejected) {
    static const std::vector<std::string> kRubbish = {"", "not json", "[]", R"({"_type":"order","cart":{"items":[]}})",
                                                      R"({"_type":"order","cart":{"amount":"5 €","items":[]}})"};
    body = random_.OneIn(3)
               ? fmt::format(R"({{"_type":"order","at":{},"cart":{{"amount":1,"items":[]}}}})", clock_->WallMs() + 301'000)
               : random_.Of(kRubbish);
  } else {
    body = fmt::format(R"({{"_type":"order","at":{},"cart":{{"amount":"{}","items":[{}],"express":{},"sent":{}}}}})",
                       order.at_ms, order.amount, items, order.express, order.sent_ms);
  }
  record.value = body;
  sent_[partition].emplace_back(broker_->Append({kOrders, partition}, record), order);
}

OrderWorkload::Order OrderWorkload::RandomOrder() {
  auto time = [&] {
    const int64_t delay_ms = random_.OneIn(10) ? random_.Between(0, longest_delay_ms_) : random_.Between(-2000, 3000);
    return clock_->WallMs() - delay_ms;
  };
  Order order;
  if (random_.OneIn(6)) order.kind = Order::Kind::kOther;
  if (random_.OneIn(12)) order.kind = Order::Kind::kRejected;
  order.amount = random_.Between(1, 9);
  order.items = random_.Between(0, 3);
  order.express = random_.OneIn(3);
  order.at_ms = time();
  order.sent_ms = time();
  return order;
}

std::vector<SentRecord> OrderWorkload::EventsOf(const Order& order, int version) {
  if (order.kind != Order::Kind::kOrder) return {};
  auto event = [&](int name, MetricType type, int64_t value, int64_t ts_ms) {
    SentRecord record;
    record.name = name;
    record.type = type;
    record.value = value;
    record.ts_ms = ts_ms;
    return record;
  };
  if (version == 1) {
    return {event(0, MetricType::kCounter, 2, order.at_ms), event(2, MetricType::kGauge, order.amount, order.at_ms),
            event(1, MetricType::kMeter, order.items, order.at_ms)};
  }
  std::vector<SentRecord> events = {event(0, MetricType::kCounter, 1, order.at_ms),
                                    event(1, MetricType::kCounter, order.amount, order.at_ms),
                                    event(2, MetricType::kGauge, order.items, order.at_ms)};
  if (order.express) events.push_back(event(3, MetricType::kTimer, order.amount, order.sent_ms));
  return events;
}

std::map<int32_t, std::vector<GivenEvents>> OrderWorkload::Given(const std::map<int32_t, RulesHistory>& histories) const {
  const uint64_t second = Rules(1)->version;
  std::map<int32_t, std::vector<GivenEvents>> given;
  for (const auto& [partition, sent] : sent_) {
    const auto history = histories.find(partition);
    for (const auto& [offset, order] : sent) {
      int version = 0;
      if (history != histories.end()) {
        for (const RulesVersion& of : history->second.versions) {
          if (of.from_offset <= offset) version = of.version == second ? 1 : 0;
        }
      }
      GivenEvents& of_record = given[partition].emplace_back();
      of_record.offset = offset;
      of_record.rejected = order.kind == Order::Kind::kRejected;
      of_record.events = EventsOf(order, version);
      for (SentRecord& event : of_record.events) event.offset = offset;
    }
  }
  return given;
}

}  // namespace odometer
