// Sends the records of dead letters to their topic again, each once.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/dead_letters/dead_letter_log.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/producer.h"

namespace odometer::cli {

struct ReplayOptions {
  std::string dead_letter_topic;
  std::string to;  // the topic; empty: the one that each record came from
  size_t batch_letters = 500;
  size_t batch_bytes = 4 << 20;
};

// Letters go in batches. A batch is one transaction: the records, and a mark in the dead-letter topic that says which
// letters these were (replay_mark.h). So a letter is replayed with its mark or not at all, whatever dies when, and a
// selection that was made after Init of the producer leaves out what earlier replays have done.
//
// A record goes to the partition of the same number as it came from, modulo the number that its topic has now; records of
// one dead-letter partition keep their order. Key, value and the record's own headers are as they were; the timestamp is
// a new one. Used by one thread.
class Replay {
 public:
  // Told what happens, in a sentence each.
  using Report = std::function<void(const std::string&)>;

  // The producer must be initialised, and like the admin outlive the replay.
  Replay(ReplayOptions options, Admin* admin, TransactionalProducer* producer, Report report);
  ~Replay();

  // Takes the letter; sends the batch when it is full. One that was cut is refused, which is reported and no error.
  // After an error nothing more can be done; a batch that may or may not have been committed is known to the next replay.
  Status Add(const Letter& letter);
  // Sends what is left.
  Status Finish();

  uint64_t replayed() const { return replayed_; }
  uint64_t refused() const { return refused_; }

 private:
  struct Record;

  Result<TopicPartition> Target(const Letter& letter);
  Status SendBatch();
  Status Transaction();

  const ReplayOptions options_;
  Admin& admin_;
  TransactionalProducer& producer_;
  const Report report_;
  std::map<std::string, int32_t> partitions_;  // of the topics written to
  std::vector<std::unique_ptr<Record>> batch_;
  size_t batch_bytes_ = 0;
  std::deque<std::string> marks_;  // of the batch under way: the producer does not copy them
  uint64_t replayed_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace odometer::cli
