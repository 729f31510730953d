// Fills a topic with a shop's orders, or with events of our own that are as long, and tells what must be counted of them.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>

#include "bench/pipeline/producer.h"

namespace bench {
namespace {

constexpr int64_t kFirstTsMs = 1'700'000'000'000;
constexpr int64_t kSpreadMs = 3'600'000;
constexpr std::array<const char*, 6> kCountries = {"de", "at", "ch", "fr", "it", "nl"};

struct Options {
  std::string bootstrap;
  std::string topic;
  std::string kind;
  uint64_t events = 5'000'000;
  uint64_t seed = 20231114;
};

struct Order {
  bool placed = true;
  int64_t cents = 0;
  int64_t items = 0;
  int64_t checkout_ms = 0;
  int64_t ts_ms = 0;
  std::string country;
};

class Orders {
 public:
  Orders(uint64_t events, uint64_t seed) : events_(events), random_(seed) {}

  Order Next() {
    Order order;
    order.placed = Below(5) != 0;
    order.cents = static_cast<int64_t>(Below(20'000));
    order.items = static_cast<int64_t>(Below(4)) + 1;
    order.checkout_ms = static_cast<int64_t>(Below(3'000));
    order.ts_ms = kFirstTsMs + static_cast<int64_t>(number_++ * kSpreadMs / std::max<uint64_t>(events_, 1));
    order.country = kCountries.at(Below(kCountries.size()));
    return order;
  }

 private:
  uint64_t Below(uint64_t limit) { return random_() % limit; }

  const uint64_t events_;
  uint64_t number_ = 0;
  std::mt19937_64 random_;
};

// What both kinds of records say besides.
std::string Details(const Order& order) {
  std::string items;
  for (int64_t i = 0; i < order.items; ++i) {
    items += (i > 0 ? "," : "") + std::string(R"({"sku":"A-)") + std::to_string(1'001 + i) + R"(","count":2,"price":19.95})";
  }
  return R"("customer":{"id":4711,"email":"ann@example.com","since":"2019-03-01","segments":["returning","newsletter"]},)"
         R"("address":{"street":"Main Street 5","zip":"10115","city":"Berlin","country":")" +
         order.country + R"("},"amount":)" + std::to_string(order.cents) + R"(,"currency":"EUR","items":[)" + items +
         R"(],"timing":{"checkout":)" + std::to_string(order.checkout_ms) +
         R"(,"payment":1203,"total":1511},"status":"paid","channel":"web","coupon":null,"test":false)";
}

std::string OrderRecord(const Order& order) {
  return std::string(R"({"_type":")") + (order.placed ? "order_placed" : "order_changed") +
         R"(","id":"0d3c7a52-7f0e-4a4c-9f57-3f2e8f0b9a11","created_at":)" + std::to_string(order.ts_ms) + "," +
         Details(order) + "}";
}

// One counter, in as many bytes.
std::string EventRecord(const Order& order) {
  std::string record = R"({"name":"orders","type":"counter","value":1,"ts":)" + std::to_string(order.ts_ms) +
                       R"(,"labels":{"country":")" + order.country + R"("},)" + Details(order);
  const std::string padding = R"(,"note":")";
  const size_t wanted = OrderRecord(order).size();
  const size_t ends = record.size() + padding.size() + 2;
  record += padding + std::string(wanted > ends ? wanted - ends : 0, 'x') + "\"}";
  return record;
}

void Generate(const Options& options) {
  Orders orders(options.events, options.seed);
  Producer producer(options.bootstrap, options.topic);
  uint64_t bytes = 0, placed = 0, large = 0;
  int64_t revenue = 0;
  for (uint64_t i = 0; i < options.events; ++i) {
    const Order order = orders.Next();
    const std::string record = options.kind == "orders" ? OrderRecord(order) : EventRecord(order);
    producer.Send(std::to_string(i % 64), record.data(), record.size());
    bytes += record.size();
    large += order.cents >= 15'000 ? 1 : 0;
    if (!order.placed) continue;
    ++placed;
    revenue += order.cents;
  }
  producer.Flush();
  std::printf(R"({"records": %llu, "bytes": %llu, "placed": %llu, "large": %llu, "revenue": %lld})" "\n",
              static_cast<unsigned long long>(options.events), static_cast<unsigned long long>(bytes),
              static_cast<unsigned long long>(placed), static_cast<unsigned long long>(large),
              static_cast<long long>(revenue));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  CLI::App app("Fills a topic with orders, or with events that are as long");
  bench::Options options;
  app.add_option("--bootstrap", options.bootstrap, "broker address")->required();
  app.add_option("--topic", options.topic, "an empty topic")->required();
  app.add_option("--kind", options.kind, "orders: for rules; events: our own")->required()->check(CLI::IsMember({"orders", "events"}));
  app.add_option("--events", options.events, "how many")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the random numbers");
  CLI11_PARSE(app, argc, argv);
  bench::Generate(options);
  return 0;
}
