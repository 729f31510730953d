#include "cli/dead_letters/replay.h"

#include <fmt/core.h>

#include <optional>
#include <span>

#include "cli/dead_letters/replay_mark.h"

namespace odometer::cli {
namespace {

constexpr int kAttempts = 5;

}  // namespace

// The record of a letter, with its bytes.
struct Replay::Record {
  TopicPartition target;
  int32_t letter_partition;
  int64_t letter_offset;
  std::string key;
  std::string value;
  bool has_value;
  std::vector<std::pair<std::string, std::string>> headers;

  OutRecord ToRecord() const {
    OutRecord record{key, value, !has_value, {}};
    for (const auto& [name, text] : headers) record.headers.push_back({name, text});
    return record;
  }
};

Replay::Replay(ReplayOptions options, Admin* admin, TransactionalProducer* producer, Report report)
    : options_(std::move(options)), admin_(*admin), producer_(*producer), report_(std::move(report)) {}
Replay::~Replay() = default;

Status Replay::Add(const Letter& letter) {
  const auto& [record, origin, replayed_before] = letter;
  if (!origin.cut.empty()) {
    ++refused_;
    report_(fmt::format("{}/{}: not replayed, because it was cut ({}); the whole record is at {}/{}@{}, as long as that "
                        "topic keeps it",
                        record.partition, record.offset, origin.cut, origin.topic, origin.partition, origin.offset));
    return Status::Ok();
  }
  Result<TopicPartition> target = Target(letter);
  if (!target.ok()) return target.status();
  auto& added = batch_.emplace_back(std::make_unique<Record>(
      Record{std::move(*target), record.partition, record.offset, std::string(record.key), std::string(record.value),
             record.has_value, {}}));
  batch_bytes_ += record.key.size() + record.value.size();
  for (const Header& header : origin.headers) {
    added->headers.emplace_back(header.name, header.value);
    batch_bytes_ += header.name.size() + header.value.size();
  }
  return batch_.size() >= options_.batch_letters || batch_bytes_ >= options_.batch_bytes ? SendBatch() : Status::Ok();
}

Status Replay::Finish() { return batch_.empty() ? Status::Ok() : SendBatch(); }

Result<TopicPartition> Replay::Target(const Letter& letter) {
  const std::string topic = options_.to.empty() ? std::string(letter.origin.topic) : options_.to;
  auto known = partitions_.find(topic);
  if (known == partitions_.end()) {
    if (topic == options_.dead_letter_topic) {
      return Status::Invalid("records cannot be replayed to the topic of dead letters itself");
    }
    Result<std::optional<TopicInfo>> info = admin_.Describe(topic);
    if (!info.ok()) return info.status();
    if (!info->has_value()) {
      return Status::Invalid("topic " + topic + " does not exist: name another one with --to");
    }
    known = partitions_.emplace(topic, (*info)->partitions).first;
  }
  return TopicPartition{topic, letter.origin.partition % known->second};
}

Status Replay::SendBatch() {
  Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    status = Transaction();
    if (status.ok()) {
      replayed_ += batch_.size();
      batch_.clear();
      batch_bytes_ = 0;
      return status;
    }
    if (status.Is(ErrorKind::kRecover)) {
      return status.WithContext("the last batch may have been replayed or not; run it again, it knows");
    }
    ODOMETER_RETURN_IF_ERROR(producer_.Abort());
    if (!status.Is(ErrorKind::kAbort) && !status.Is(ErrorKind::kRetry)) return status;
  }
  return status;
}

// After an error that is not kRecover nothing was committed.
Status Replay::Transaction() {
  std::map<TopicPartition, std::vector<OutRecord>> records;
  std::map<int32_t, std::vector<int64_t>> letters;
  for (const auto& record : batch_) {
    records[record->target].push_back(record->ToRecord());
    letters[record->letter_partition].push_back(record->letter_offset);
  }
  ODOMETER_RETURN_IF_ERROR(producer_.Begin());
  for (const auto& [target, of_target] : records) {
    ODOMETER_RETURN_IF_ERROR(producer_.Produce(target.topic, target.partition, of_target));
  }
  marks_.clear();
  for (const auto& [partition, offsets] : letters) {
    const OutRecord mark{{}, {}, true, {{kReplayedHeader, marks_.emplace_back(EncodeReplayed(offsets))}}};
    ODOMETER_RETURN_IF_ERROR(producer_.Produce(options_.dead_letter_topic, partition, std::span(&mark, 1)));
  }
  ODOMETER_RETURN_IF_ERROR(producer_.Flush());
  Status committed = producer_.Commit();
  for (int attempt = 1; attempt < kAttempts && committed.Is(ErrorKind::kRetry); ++attempt) committed = producer_.Commit();
  return committed.Is(ErrorKind::kRetry) ? Status::Recover(committed.message()) : committed;
}

}  // namespace odometer::cli
