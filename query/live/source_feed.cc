#include "query/live/source_feed.h"

#include <optional>
#include <utility>

#include "common/base/log.h"

namespace odometer {
namespace {

constexpr char kLog[] = "live";

}  // namespace

class SourceFeed::Events final : public TopicTailEvents {
 public:
  explicit Events(SourceFeed* feed) : feed_(*feed) {}

  void OnRecord(const RecordView& record) override {
    ++feed_.records_;
    feed_.next_[record.partition] = record.offset + 1;
    feed_.changes_.clear();
    feed_.reader_->Read(record, &feed_.changes_);
    for (LiveChange& change : feed_.changes_) feed_.publisher_->Take(std::move(change));
  }
  void OnPassed(int32_t partition, int64_t next_offset) override { feed_.next_[partition] = next_offset; }
  void OnOutOfRange(int32_t partition) override { feed_.lost_.push_back(partition); }

 private:
  SourceFeed& feed_;
};

void SourceFeed::Look() {
  if (Status status = TryLook(); !status.ok()) Failed(status);
}

Status SourceFeed::TryLook() {
  Result<std::optional<TopicInfo>> topic = admin_->Describe(topic_);
  if (!topic.ok()) return topic.status();
  if (tail_ == nullptr) {
    Result<std::unique_ptr<TopicTail>> tail = (*new_tail_)(topic_);
    if (!tail.ok()) return tail.status();
    for (const auto& [partition, next] : next_) ODOMETER_RETURN_IF_ERROR((*tail)->Start(partition, next));
    tail_ = std::move(*tail);
    lost_.clear();
  }
  // A topic that is not there yet has no partition that could have been missed.
  const int32_t partitions = *topic ? (*topic)->partitions : 0;
  for (int32_t partition = static_cast<int32_t>(next_.size()); partition < partitions; ++partition) {
    int64_t from = 0;
    if (!begun_) {
      Result<OffsetRange> range = admin_->Offsets({topic_, partition});
      if (!range.ok()) return range.status();
      from = range->end;
    }
    ODOMETER_RETURN_IF_ERROR(tail_->Start(partition, from));
    next_[partition] = from;
  }
  begun_ = true;
  return Status::Ok();
}

bool SourceFeed::Poll() {
  if (tail_ == nullptr) return false;
  records_ = 0;
  if (Status status = TryPoll(); !status.ok()) Failed(status);
  return records_ > 0;
}

Status SourceFeed::TryPoll() {
  Events events(this);
  ODOMETER_RETURN_IF_ERROR(tail_->Poll(/*timeout_ms=*/0, &events));
  for (int32_t partition : std::exchange(lost_, {})) {
    Result<OffsetRange> range = admin_->Offsets({topic_, partition});
    if (!range.ok()) return range.status();
    LogWarn(kLog, "records of a source were deleted before live clients were told of them topic={} partition={} next={}",
            topic_, partition, range->begin);
    next_[partition] = range->begin;
    ODOMETER_RETURN_IF_ERROR(tail_->Start(partition, range->begin));
  }
  return Status::Ok();
}

void SourceFeed::Failed(const Status& why) {
  LogWarn(kLog, "a source of the rules cannot be read for live clients, and is tried again topic={}: {}", topic_,
          why.ToString());
  tail_.reset();
}

}  // namespace odometer
