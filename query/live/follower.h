// Reads the end of the input topic for the live clients of this process, for as long as there are any: at most ten
// seconds longer. So a process without live clients costs the broker nothing. For those who are told changes it reads the
// ends of the sources of rules, too.
//
//   idle ──(somebody joins)──▶ starting ──(the ends are known)──▶ following ──(nobody left)──▶ idle
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/topic_tail.h"
#include "query/live/change_publisher.h"
#include "query/live/live_hub.h"
#include "query/live/source_feed.h"
#include "query/live/source_reader.h"

namespace odometer {

// Thread-safe.
class Follower {
 public:
  // All must outlive it. `sources`: null without rules.
  Follower(std::string topic, NewTail new_tail, SourceReader* sources, Admin* admin, const Clock* clock, LiveHub* hub,
           ChangePublisher* publisher);
  ~Follower() { Stop(); }

  // What who joins is told: events by the hub, or changes by the publisher.
  enum class Of { kEvents, kChanges };
  // Calls `join`, which lets somebody join the hub or the publisher, once every record that is written from now on will
  // be read; or with an error when that takes too long. From any thread; it must not block. A source of rules that cannot
  // be read is not waited for.
  void Join(Of of, std::function<void(const Status&)> join);

  void Start();
  // Joins under way get an error. Idempotent.
  void Stop();

  // What the thread does again and again: false when there is nothing to do.
  bool RunOnce(int timeout_ms);

 private:
  struct Joining {
    Of of;
    std::function<void(const Status&)> join;
    int64_t deadline_ms;
  };
  class Events;

  void Run();
  Status Begin();
  Status Follow(int timeout_ms);
  Status MakeTail();
  Status LookForPartitions();
  // The sources as the rules of now name them, each from its present end on where it is new.
  void LookForSources();
  void PollSources();
  void EndSourcesIfAlone();
  bool ChangesFollowed() {
    MutexLock lock(mutex_);
    return changes_followed_;
  }
  bool MayJoin(Of of) const ODOMETER_REQUIRES(mutex_) { return following_ && (of == Of::kEvents || changes_followed_); }
  Status GoOnAfterLoss(int32_t partition);
  // Becomes idle when nobody has been there for long.
  bool EndIfAlone();
  void LetIn();
  void RefuseLate(const Status& why);

  const std::string topic_;
  const NewTail new_tail_;
  SourceReader* const sources_;
  Admin* const admin_;
  const Clock* const clock_;
  LiveHub* const hub_;
  ChangePublisher* const publisher_;

  // The thread's own.
  std::unique_ptr<TopicTail> tail_;
  EventDecoder decoder_;
  std::vector<int32_t> lost_;
  std::vector<std::unique_ptr<SourceFeed>> feeds_;
  bool sources_busy_ = false;  // the last round had records: there may be more
  int64_t last_change_client_ms_ = 0;
  int64_t next_growth_look_ms_ = 0;
  int64_t next_place_ms_ = 0;
  int64_t last_client_ms_ = 0;
  int64_t retry_at_ms_ = 0;

  Mutex mutex_;
  CondVar wake_;
  bool following_ ODOMETER_GUARDED_BY(mutex_) = false;
  bool changes_followed_ ODOMETER_GUARDED_BY(mutex_) = false;  // the sources are, too
  bool stopping_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::vector<Joining> joining_ ODOMETER_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace odometer
