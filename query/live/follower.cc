#include "query/live/follower.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace odometer {
namespace {

constexpr char kLog[] = "live";
constexpr int kPollMs = 100;
constexpr int64_t kJoinTimeoutMs = 10'000;
constexpr int64_t kAloneMs = 10'000;
constexpr int64_t kGrowthLookMs = 5'000;
constexpr int64_t kPlaceMs = 15'000;
constexpr int64_t kRetryMs = 500;

}  // namespace

class Follower::Events final : public TopicTailEvents {
 public:
  explicit Events(Follower* follower) : follower_(*follower) {}

  void OnRecord(const RecordView& record) override {
    LiveRecord read = ReadLiveRecord(record, &follower_.decoder_);
    if (read.change) follower_.publisher_->Take(std::move(*read.change));
    if (read.event) {
      follower_.hub_->Take(*read.event);
    } else {
      follower_.hub_->Pass(record.partition, record.offset + 1);
    }
  }
  void OnPassed(int32_t partition, int64_t next_offset) override { follower_.hub_->Pass(partition, next_offset); }
  void OnOutOfRange(int32_t partition) override { follower_.lost_.push_back(partition); }

 private:
  Follower& follower_;
};

Follower::Follower(std::string topic, NewTail new_tail, Admin* admin, const Clock* clock, LiveHub* hub,
                   ChangePublisher* publisher)
    : topic_(std::move(topic)),
      new_tail_(std::move(new_tail)),
      admin_(admin),
      clock_(clock),
      hub_(hub),
      publisher_(publisher) {}

void Follower::Join(std::function<void(const Status&)> join) {
  {
    MutexLock lock(mutex_);
    if (following_) return join(Status::Ok());
    if (!stopping_) {
      joining_.push_back({std::move(join), clock_->SteadyMs() + kJoinTimeoutMs});
      wake_.NotifyOne();
      return;
    }
  }
  join(Status::Retry("stopping"));
}

void Follower::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Follower::Stop() {
  std::vector<Joining> left;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    left.swap(joining_);
    wake_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
  for (Joining& joining : left) joining.join(Status::Retry("stopping"));
}

void Follower::Run() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (!stopping_ && !following_ && joining_.empty()) wake_.Wait(mutex_);
      if (stopping_) return;
      const int64_t wait_ms = retry_at_ms_ - clock_->SteadyMs();
      if (wait_ms > 0) {
        wake_.WaitFor(mutex_, wait_ms);
        continue;
      }
    }
    RunOnce(kPollMs);
  }
}

bool Follower::RunOnce(int timeout_ms) {
  bool following = false;
  {
    MutexLock lock(mutex_);
    if (!following_ && joining_.empty()) return false;
    following = following_;
  }
  Status status = following ? Follow(timeout_ms) : Begin();
  if (!status.ok()) {
    LogWarn(kLog, "the end of the input topic cannot be read: {}", status.ToString());
    tail_.reset();  // made anew where the hub has come to
    retry_at_ms_ = clock_->SteadyMs() + kRetryMs;
    RefuseLate(status);
  }
  return true;
}

Status Follower::Begin() {
  Result<std::optional<TopicInfo>> topic = admin_->Describe(topic_);
  if (!topic.ok()) return topic.status();
  if (!*topic) return Status::Retry("topic " + topic_ + " does not exist");
  LiveOffsets ends;
  for (int32_t partition = 0; partition < (*topic)->partitions; ++partition) {
    Result<OffsetRange> range = admin_->Offsets({topic_, partition});
    if (!range.ok()) return range.status();
    ends[partition] = range->end;
  }
  hub_->Begin(std::move(ends));
  ODOMETER_RETURN_IF_ERROR(MakeTail());
  const int64_t now_ms = clock_->SteadyMs();
  next_growth_look_ms_ = now_ms + kGrowthLookMs;
  next_place_ms_ = now_ms + kPlaceMs;
  last_client_ms_ = now_ms;
  LogInfo(kLog, "following the input topic for live clients topic={}", topic_);
  LetIn();
  return Status::Ok();
}

void Follower::LetIn() {
  MutexLock lock(mutex_);
  following_ = true;
  for (Joining& joining : std::exchange(joining_, {})) joining.join(Status::Ok());
}

void Follower::RefuseLate(const Status& why) {
  std::vector<Joining> late;
  {
    MutexLock lock(mutex_);
    const int64_t now_ms = clock_->SteadyMs();
    auto first_late = std::partition(joining_.begin(), joining_.end(),
                                     [&](const Joining& joining) { return joining.deadline_ms > now_ms; });
    late.assign(std::make_move_iterator(first_late), std::make_move_iterator(joining_.end()));
    joining_.erase(first_late, joining_.end());
  }
  for (Joining& joining : late) joining.join(why);
}

Status Follower::MakeTail() {
  Result<std::unique_ptr<TopicTail>> tail = new_tail_();
  if (!tail.ok()) return tail.status();
  for (const auto& [partition, position] : hub_->positions()) {
    ODOMETER_RETURN_IF_ERROR((*tail)->Start(partition, position));
  }
  tail_ = std::move(*tail);
  lost_.clear();
  return Status::Ok();
}

Status Follower::Follow(int timeout_ms) {
  if (EndIfAlone()) return Status::Ok();
  if (tail_ == nullptr) ODOMETER_RETURN_IF_ERROR(MakeTail());
  Events events(this);
  ODOMETER_RETURN_IF_ERROR(tail_->Poll(timeout_ms, &events));
  for (int32_t partition : std::exchange(lost_, {})) ODOMETER_RETURN_IF_ERROR(GoOnAfterLoss(partition));
  const int64_t now_ms = clock_->SteadyMs();
  if (now_ms >= next_place_ms_) {
    next_place_ms_ = now_ms + kPlaceMs;
    hub_->TellPlaces();
  }
  if (now_ms < next_growth_look_ms_) return Status::Ok();
  next_growth_look_ms_ = now_ms + kGrowthLookMs;
  return LookForPartitions();
}

Status Follower::LookForPartitions() {
  Result<std::optional<TopicInfo>> topic = admin_->Describe(topic_);
  if (!topic.ok() || !*topic) return Status::Ok();  // the next look may tell
  const int32_t known = static_cast<int32_t>(hub_->positions().size());
  for (int32_t partition = known; partition < (*topic)->partitions; ++partition) {
    ODOMETER_RETURN_IF_ERROR(tail_->Start(partition, 0));
    hub_->Pass(partition, 0);
  }
  return Status::Ok();
}

// The position is before the log's beginning or after its end.
Status Follower::GoOnAfterLoss(int32_t partition) {
  Result<OffsetRange> range = admin_->Offsets({topic_, partition});
  if (!range.ok()) return range.status();
  hub_->Lost(partition, range->begin);
  LogWarn(kLog, "records were deleted before live clients were told of them partition={} next={}", partition,
          range->begin);
  return tail_->Start(partition, range->begin);
}

bool Follower::EndIfAlone() {
  const int64_t now_ms = clock_->SteadyMs();
  const bool alone = hub_->Sweep() + publisher_->Sweep() == 0;
  if (!alone) last_client_ms_ = now_ms;
  if (!alone || now_ms - last_client_ms_ < kAloneMs) return false;
  {
    MutexLock lock(mutex_);
    // Whoever joins does so under this lock.
    if (hub_->Sweep() + publisher_->Sweep() > 0) return false;
    following_ = false;
  }
  tail_.reset();
  LogInfo(kLog, "no live clients: the input topic is no longer followed topic={}", topic_);
  return true;
}

}  // namespace odometer
