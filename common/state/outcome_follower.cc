#include "common/state/outcome_follower.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/log.h"

namespace odometer {
namespace {

constexpr const char* kLog = "definitions";
constexpr int kPollMs = 20;
constexpr int kRetryMs = 1'000;
constexpr int kBrokerTimeoutMs = 3'000;
// Outcomes of a commit that was under way when the changelogs were read: read again from so far back. What the table
// knows already it does not take twice.
constexpr int64_t kOverlap = 20'000;
constexpr size_t kReadingKeyBytes = 16;  // definition id, time

class LogOutcomeFollower final : public OutcomeFollower, private TopicTailEvents {
 public:
  LogOutcomeFollower(OutcomeFollowerOptions options, Admin* admin, LogReader* reader, NewTail new_tail,
                     DefinitionTable* table, const Clock* clock)
      : options_(std::move(options)),
        admin_(admin),
        reader_(reader),
        new_tail_(std::move(new_tail)),
        table_(table),
        clock_(clock) {}
  ~LogOutcomeFollower() override { Stop(); }

  void Start() override {
    thread_ = std::thread([this] { Run(); });
  }

  void Stop() override {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    table_->Stop();
  }

 private:
  void Run() {
    std::string told;
    while (!stopping_) {
      const Status ended = Follow();
      if (stopping_) break;
      table_->SetNotReady();
      if (told != ended.message()) LogWarn(kLog, "not up to date, trying again: {}", ended.message());
      told = ended.message();
      for (int waited = 0; waited < kRetryMs && !stopping_; waited += kPollMs) {
        std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
        table_->Expire(clock_->SteadyMs());
      }
    }
  }

  // Only returns with what ended it.
  Status Follow() {
    Result<int32_t> partitions = Partitions(options_.commands_topic);
    if (!partitions.ok()) return partitions.status();
    Result<int32_t> outcome_partitions = Partitions(options_.outcomes_topic);
    if (!outcome_partitions.ok()) return outcome_partitions.status();
    // Before the changelogs: what they do not have yet comes after these ends.
    std::vector<std::pair<TopicPartition, int64_t>> from;
    std::vector<OffsetRange> ranges;
    for (int32_t partition = 0; partition < *outcome_partitions; ++partition) {
      const TopicPartition tp{options_.outcomes_topic, partition};
      Result<OffsetRange> range = admin_->Offsets(tp);
      if (!range.ok()) return range.status();
      from.emplace_back(tp, range->end);
      ranges.push_back(*range);
    }
    table_->Reset();
    ODOMETER_RETURN_IF_ERROR(LoadChangelogs(*partitions));
    for (size_t i = 0; i < from.size(); ++i) {
      const int64_t begin = std::max(ranges[i].begin, ranges[i].end - kOverlap);
      ODOMETER_RETURN_IF_ERROR(reader_->Read(from[i].first, begin, ranges[i].end, [this](const RecordView& record) {
        Take(record);
        return stopping_ ? Status::Retry("stopping") : Status::Ok();
      }));
    }
    Result<std::unique_ptr<TopicTail>> tail = new_tail_();
    if (!tail.ok()) return tail.status();
    gap_ = false;
    for (const auto& [tp, offset] : from) ODOMETER_RETURN_IF_ERROR((*tail)->Start(tp.partition, offset));
    table_->SetReady(*partitions);
    LogInfo(kLog, "up to date commands={} partitions={}", options_.commands_topic, *partitions);
    while (!stopping_) {
      ODOMETER_RETURN_IF_ERROR((*tail)->Poll(kPollMs, this));
      if (gap_) return Status::Recover("outcomes were deleted before they were read");
      table_->Expire(clock_->SteadyMs());
    }
    return Status::Retry("stopping");
  }

  Result<int32_t> Partitions(const std::string& topic) {
    Result<std::optional<TopicInfo>> info = admin_->Describe(topic);
    if (!info.ok()) return info.status();
    if (!info->has_value()) return Status::Retry("topic " + topic + " does not exist: the processor creates it");
    return (*info)->partitions;
  }

  std::string Changelog(const std::string& store) const {
    return options_.application + "-" + options_.commands_topic + "-" + store + "-changelog";
  }

  Status LoadChangelogs(int32_t partitions) {
    ODOMETER_RETURN_IF_ERROR(ReadAll(Changelog("definitions"), partitions, [this](const RecordView& record) {
      if (!record.has_value) {
        table_->Forget(std::string(record.key));
        return Status::Ok();
      }
      Result<Definition> definition = DecodeDefinition(record.value);
      if (definition.ok()) table_->Load(*definition);
      return definition.status();
    }));
    if (!options_.readings) return Status::Ok();
    return ReadAll(Changelog("readings"), partitions, [this](const RecordView& record) {
      ByteReader key(record.key);
      const uint64_t id = key.U64();
      ByteReader value(record.value);
      value.U8();
      const Reading reading = DecodeReading(&value);
      if (record.key.size() == kReadingKeyBytes && value.Done()) table_->LoadReading(id, reading);
      return Status::Ok();
    });
  }

  // Nothing when there is no such topic yet.
  Status ReadAll(const std::string& topic, int32_t partitions, const std::function<Status(const RecordView&)>& take) {
    Result<std::optional<TopicInfo>> info = admin_->Describe(topic);
    if (!info.ok()) return info.status();
    if (!info->has_value()) return Status::Ok();
    for (int32_t partition = 0; partition < partitions; ++partition) {
      Result<OffsetRange> range = admin_->Offsets({topic, partition});
      if (!range.ok()) return range.status();
      ODOMETER_RETURN_IF_ERROR(
          reader_->Read({topic, partition}, range->begin, range->end, [&](const RecordView& record) {
            return stopping_ ? Status::Retry("stopping") : take(record);
          }));
    }
    return Status::Ok();
  }

  void OnRecord(const RecordView& record) override { Take(record); }
  void OnPassed(int32_t, int64_t) override {}
  void OnOutOfRange(int32_t) override { gap_ = true; }

  void Take(const RecordView& record) {
    Result<CommandOutcome> outcome = DecodeOutcome(record.value);
    if (outcome.ok()) return table_->Apply(*outcome);
    LogWarn(kLog, "an outcome cannot be read partition={} offset={} error=\"{}\"", record.partition, record.offset,
            outcome.status().message());
  }

  const OutcomeFollowerOptions options_;
  Admin* const admin_;
  LogReader* const reader_;
  const NewTail new_tail_;
  DefinitionTable* const table_;
  const Clock* const clock_;
  bool gap_ = false;  // the tail has left something out
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// With its clients.
class RdOutcomeFollower final : public OutcomeFollower {
 public:
  RdOutcomeFollower(std::unique_ptr<Admin> admin, std::unique_ptr<LogReader> reader, OutcomeFollowerOptions options,
                    NewTail new_tail, DefinitionTable* table, const Clock* clock)
      : admin_(std::move(admin)),
        reader_(std::move(reader)),
        follower_(std::move(options), admin_.get(), reader_.get(), std::move(new_tail), table, clock) {}

  void Start() override { follower_.Start(); }
  void Stop() override { follower_.Stop(); }

 private:
  const std::unique_ptr<Admin> admin_;
  const std::unique_ptr<LogReader> reader_;
  LogOutcomeFollower follower_;
};

}  // namespace

std::unique_ptr<OutcomeFollower> NewOutcomeFollower(OutcomeFollowerOptions options, Admin* admin, LogReader* reader,
                                                    OutcomeFollower::NewTail new_tail, DefinitionTable* table,
                                                    const Clock* clock) {
  return std::make_unique<LogOutcomeFollower>(std::move(options), admin, reader, std::move(new_tail), table, clock);
}

Result<std::unique_ptr<OutcomeFollower>> NewRdOutcomeFollower(OutcomeFollowerOptions options, const KafkaProperties& kafka,
                                                              const std::string& client_id, DefinitionTable* table,
                                                              const Clock* clock) {
  Result<std::unique_ptr<Admin>> admin = NewRdAdmin(kafka, client_id, kBrokerTimeoutMs);
  if (!admin.ok()) return admin.status().WithContext("admin client");
  LogReaderOptions reader_options{.properties = kafka, .client_id = client_id};
  reader_options.stall_timeout_ms = kBrokerTimeoutMs;
  Result<std::unique_ptr<LogReader>> reader = NewRdLogReader(reader_options);
  if (!reader.ok()) return reader.status().WithContext("reader");
  const TopicTailOptions tail{kafka, client_id, options.outcomes_topic};
  return std::unique_ptr<OutcomeFollower>(std::make_unique<RdOutcomeFollower>(
      std::move(*admin), std::move(*reader), std::move(options), [tail] { return NewRdTopicTail(tail); }, table, clock));
}

}  // namespace odometer
