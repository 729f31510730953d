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

Follower::Follower(std::string topic, NewTail new_tail, SourceReader* sources, Admin* admin, const Clock* clock,
                   LiveHub* hub, ChangePublisher* publisher)
    : topic_(std::move(topic)),
      new_tail_(std::move(new_tail)),
      sources_(sources),
      admin_(admin),
      clock_(clock),
      hub_(hub),
      publisher_(publisher) {}

void Follower::Join(Of of, std::function<void(const Status&)> join) {
  {
    MutexLock lock(mutex_);
    if (MayJoin(of)) return join(Status::Ok());
    if (!stopping_) {
      joining_.push_back({of, std::move(join), clock_->SteadyMs() + kJoinTimeoutMs});
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
  bool following = false, somebody_joins = false;
  {
    MutexLock lock(mutex_);
    if (!following_ && joining_.empty()) return false;
    following = following_;
    somebody_joins = !joining_.empty();
  }
  if (following && somebody_joins) LetIn();
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
  bool changes = false;
  {
    MutexLock lock(mutex_);
    changes = std::any_of(joining_.begin(), joining_.end(), [](const Joining& j) { return j.of == Of::kChanges; });
  }
  if (changes) {
    LookForSources();
    last_change_client_ms_ = clock_->SteadyMs();
  }
  MutexLock lock(mutex_);
  following_ = true;
  changes_followed_ = changes_followed_ || changes;
  // Who has come meanwhile, and needs more, is let in with the next round.
  std::vector<Joining> waiting;
  for (Joining& joining : joining_) {
    if (MayJoin(joining.of)) {
      joining.join(Status::Ok());
    } else {
      waiting.push_back(std::move(joining));
    }
  }
  joining_ = std::move(waiting);
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
  Result<std::unique_ptr<TopicTail>> tail = new_tail_(topic_);
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
  EndSourcesIfAlone();
  if (tail_ == nullptr) ODOMETER_RETURN_IF_ERROR(MakeTail());
  Events events(this);
  // Whoever waits for the one topic keeps the others waiting.
  ODOMETER_RETURN_IF_ERROR(tail_->Poll(sources_busy_ ? 0 : timeout_ms, &events));
  PollSources();
  for (int32_t partition : std::exchange(lost_, {})) ODOMETER_RETURN_IF_ERROR(GoOnAfterLoss(partition));
  const int64_t now_ms = clock_->SteadyMs();
  if (now_ms >= next_place_ms_) {
    next_place_ms_ = now_ms + kPlaceMs;
    hub_->TellPlaces();
  }
  if (now_ms < next_growth_look_ms_) return Status::Ok();
  next_growth_look_ms_ = now_ms + kGrowthLookMs;
  if (ChangesFollowed()) LookForSources();
  return LookForPartitions();
}

void Follower::LookForSources() {
  if (sources_ == nullptr) return;
  const std::vector<std::string> topics = sources_->Topics();
  std::erase_if(feeds_, [&](const std::unique_ptr<SourceFeed>& feed) {
    return std::find(topics.begin(), topics.end(), feed->topic()) == topics.end();
  });
  for (const std::string& topic : topics) {
    const bool known = std::any_of(feeds_.begin(), feeds_.end(),
                                   [&](const std::unique_ptr<SourceFeed>& feed) { return feed->topic() == topic; });
    if (!known) feeds_.push_back(std::make_unique<SourceFeed>(topic, &new_tail_, admin_, sources_, publisher_));
  }
  for (const auto& feed : feeds_) feed->Look();
}

void Follower::PollSources() {
  sources_busy_ = false;
  for (const auto& feed : feeds_) sources_busy_ = feed->Poll() || sources_busy_;
}

void Follower::EndSourcesIfAlone() {
  const int64_t now_ms = clock_->SteadyMs();
  const bool alone = publisher_->Sweep() == 0;
  if (!alone) last_change_client_ms_ = now_ms;
  if (!alone || now_ms - last_change_client_ms_ < kAloneMs) return;
  {
    MutexLock lock(mutex_);
    if (!changes_followed_ || publisher_->Sweep() > 0) return;
    changes_followed_ = false;
  }
  feeds_.clear();
  sources_busy_ = false;
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
    changes_followed_ = false;
  }
  tail_.reset();
  feeds_.clear();
  sources_busy_ = false;
  LogInfo(kLog, "no live clients: the input topic is no longer followed topic={}", topic_);
  return true;
}

}  // namespace odometer
