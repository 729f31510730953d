// Fills a topic with one set of events and writes what the aggregates of it must be.
#include <librdkafka/rdkafka.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/pipeline/oracle.h"
#include "bench/pipeline/workload.h"

namespace bench {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "generate: %s\n", what.c_str());
  std::exit(1);
}

// One idempotent producer: what it was given is in the log once and in order, or the program fails.
class Producer {
 public:
  Producer(const std::string& bootstrap, const std::string& topic) : topic_(topic) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    Set(conf, "bootstrap.servers", bootstrap);
    Set(conf, "enable.idempotence", "true");
    Set(conf, "linger.ms", "20");
    Set(conf, "queue.buffering.max.messages", "500000");
    Set(conf, "delivery.report.only.error", "true");
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
      Fail(std::string("not delivered: ") + rd_kafka_err2str(message->err));
    });
    char error[512];
    producer_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (producer_ == nullptr) Fail(error);
  }
  ~Producer() { rd_kafka_destroy(producer_); }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  void Send(const std::string& key, const char* value, size_t size) {
    for (;;) {
      rd_kafka_resp_err_t error =
          rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_KEY(key.data(), key.size()),
                            RD_KAFKA_V_VALUE(const_cast<char*>(value), size),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) Fail(rd_kafka_err2str(error));
      rd_kafka_poll(producer_, 10);
    }
  }

  void Flush() {
    rd_kafka_resp_err_t error = rd_kafka_flush(producer_, 120'000);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(rd_kafka_err2str(error));
  }

 private:
  static void Set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
    char error[512];
    if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) Fail(error);
  }

  std::string topic_;
  rd_kafka_t* producer_ = nullptr;
};

struct Options {
  std::string bootstrap;
  std::string topic;
  std::string set;
  std::string oracle_path;
  uint64_t events = 5'000'000;
  uint64_t seed = 20231114;
};

void Generate(const Options& options) {
  const Distribution& distribution = options.set == "A" ? kSetA : kSetB;
  Workload workload(distribution, options.events, options.seed);
  Oracle oracle(distribution.keys);
  Producer producer(options.bootstrap, options.topic);

  auto begin = std::chrono::steady_clock::now();
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < options.events; ++i) {
    Event event = workload.Next();
    oracle.Add(event);
    std::string name = KeyName(event.key);
    char json[256];
    int size = std::snprintf(json, sizeof json, R"({"name":"%s","type":"counter","value":%lld,"ts":%lld})", name.c_str(),
                             static_cast<long long>(event.value), static_cast<long long>(event.ts_ms));
    producer.Send(name, json, static_cast<size_t>(size));
    bytes += static_cast<uint64_t>(size);
  }
  producer.Flush();
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;

  uint64_t aggregates = 0;
  if (!oracle.Write(options.oracle_path, &aggregates)) Fail("cannot write " + options.oracle_path);
  std::printf("set %s: %llu events of %.1f bytes in %.1f s, %llu aggregates\n", options.set.c_str(),
              static_cast<unsigned long long>(options.events),
              static_cast<double>(bytes) / static_cast<double>(options.events), took.count(),
              static_cast<unsigned long long>(aggregates));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  CLI::App app("Fills a topic with one set of the benchmark's events");
  bench::Options options;
  app.add_option("--bootstrap", options.bootstrap, "broker address")->required();
  app.add_option("--topic", options.topic, "an empty topic")->required();
  app.add_option("--set", options.set, "A: 1,000 skewed keys; B: 100,000 uniform keys")
      ->required()
      ->check(CLI::IsMember({"A", "B"}));
  app.add_option("--oracle", options.oracle_path, "file for the expected aggregates")->required();
  app.add_option("--events", options.events, "how many")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "of the random numbers");
  CLI11_PARSE(app, argc, argv);
  bench::Generate(options);
  return 0;
}
