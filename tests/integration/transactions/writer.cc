// Writes numbered transactions to the topics `fire-0`, `fire-1`, … and tells in a file how each ended.
//
// Usage: odometer_transaction_writer BROKER NAME LIFE TOPICS PARTITIONS SEED FILE, until SIGTERM. NAME is the transactional id. A line
// per transaction, appended in two steps: NAME:LIFE:number and its records for each partition of each topic in turn, separated by commas,
// when it begins; and ` committed`, ` aborted` or ` unknown` when it has ended. A record's key is NAME:LIFE:number of its transaction, and
// its value its own number within the transaction and partition.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/kafka/producer.h"

namespace odometer {
namespace {

constexpr auto kRetryAfter = std::chrono::milliseconds(50);
constexpr int kTransactionTimeoutMs = 5'000;  // that of the chaos runs
constexpr int kMostRecords = 300;             // for a partition

volatile std::sig_atomic_t stop = 0;

struct Options {
  std::string broker;
  std::string name;
  std::string life;
  int topics = 0;
  int partitions = 0;
  unsigned seed = 0;
  std::FILE* outcomes = nullptr;
};

class Writer {
 public:
  explicit Writer(Options options) : options_(std::move(options)), random_(options_.seed) {
    for (int i = 0; i < kMostRecords; ++i) numbers_.push_back(std::to_string(i));
  }

  void Run() {
    Replace();
    for (int64_t number = 0; stop == 0; ++number) {
      Draw(number);
      TellBegin();
      TellEnd(Write());
    }
  }

 private:
  void Replace() {
    for (;; std::this_thread::sleep_for(kRetryAfter)) {
      producer_.reset();
      auto producer = NewRdTransactionalProducer({.properties = {{"bootstrap.servers", options_.broker},
                                                                 {"log_level", "0"},
                                                                 {"reconnect.backoff.max.ms", "200"}},
                                                  .client_id = options_.name,
                                                  .transactional_id = options_.name,
                                                  .transaction_timeout_ms = kTransactionTimeoutMs});
      if (!producer.ok()) continue;
      producer_ = std::move(*producer);
      Status status = Again([this] { return producer_->Init(); });
      if (status.ok()) return;
    }
  }

  template <typename Call>
  static Status Again(Call call) {
    for (;; std::this_thread::sleep_for(kRetryAfter)) {
      Status status = call();
      if (!status.Is(ErrorKind::kRetry)) return status;
    }
  }

  void Draw(int64_t number) {
    transaction_ = options_.name + ":" + options_.life + ":" + std::to_string(number);
    std::uniform_int_distribution<int> count(-kMostRecords / 2, kMostRecords);
    records_.assign(static_cast<size_t>(options_.topics * options_.partitions), {});
    for (auto& of_partition : records_) {
      const auto records = static_cast<size_t>(std::max(0, count(random_)));
      for (size_t i = 0; i < records; ++i) of_partition.push_back({.key = transaction_, .value = numbers_[i], .headers = {}});
    }
  }

  const char* Write() {
    Status status = producer_->Begin();
    for (size_t i = 0; status.ok() && i < records_.size(); ++i) {
      if (records_[i].empty()) continue;
      const auto partitions = static_cast<size_t>(options_.partitions);
      status = producer_->Produce("fire-" + std::to_string(i / partitions), static_cast<int32_t>(i % partitions), records_[i]);
    }
    if (status.ok()) status = producer_->Flush();
    if (status.ok()) {
      status = Again([this] { return producer_->Commit(); });
      if (status.ok()) return "committed";
      if (!status.Is(ErrorKind::kAbort)) return Recover(status, "unknown");
    }
    if (!status.Is(ErrorKind::kRecover)) {
      std::fprintf(stderr, "%s\n", status.message().c_str());
      const Status aborted = Again([this] { return producer_->Abort(); });
      if (aborted.ok()) return "aborted";
      status = aborted;
    }
    return Recover(status, "aborted");
  }

  const char* Recover(const Status& status, const char* outcome) {
    std::fprintf(stderr, "recovers: %s\n", status.message().c_str());
    Replace();
    return outcome;
  }

  void TellBegin() const {
    std::fprintf(options_.outcomes, "%s ", transaction_.c_str());
    for (size_t i = 0; i < records_.size(); ++i) {
      std::fprintf(options_.outcomes, i == 0 ? "%zu" : ",%zu", records_[i].size());
    }
    std::fflush(options_.outcomes);
  }
  void TellEnd(const char* outcome) const {
    std::fprintf(options_.outcomes, " %s\n", outcome);
    std::fflush(options_.outcomes);
  }

  const Options options_;
  std::mt19937 random_;
  std::string transaction_;
  std::vector<std::string> numbers_;  // what records point to
  std::unique_ptr<TransactionalProducer> producer_;
  std::vector<std::vector<OutRecord>> records_;
};

}  // namespace
}  // namespace odometer

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  std::FILE* outcomes = std::fopen(argv[7], "a");
  if (outcomes == nullptr) return 2;
  std::signal(SIGTERM, [](int) { odometer::stop = 1; });
  odometer::Writer({.broker = argv[1],
                    .name = argv[2],
                    .life = argv[3],
                    .topics = std::atoi(argv[4]),
                    .partitions = std::atoi(argv[5]),
                    .seed = static_cast<unsigned>(std::atoi(argv[6])),
                    .outcomes = outcomes})
      .Run();
  return std::fclose(outcomes) == 0 ? 0 : 1;
}
