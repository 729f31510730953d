// What fills the topics of benchmarks.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace bench {

[[noreturn]] inline void Fail(const std::string& what) {
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

}  // namespace bench
