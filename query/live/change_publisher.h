// Tells live clients what the state shows of a series once it reflects an event of it: records (WS /data/metrics/live) and
// points (GET /live?metric=…). What changes again before it was told is told once.
#pragma once

#include <prometheus/counter.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/base/mutex.h"
#include "common/http/live_stream.h"
#include "common/http/message.h"
#include "common/model/period.h"
#include "common/state/state_reader.h"
#include "query/live/live_event.h"
#include "query/min_offset.h"

namespace odometer {

// Thread-safe.
class ChangePublisher {
 public:
  // What GET /read?type=points answers; the request has its parameters but from and to.
  using ReadPoints = std::function<http::Response(const http::Request& request, StateView* view)>;

  struct PointsQuery {
    std::string org = std::string(kDefaultOrg);
    std::string name;
    Period period = Period::Fixed(60'000);
    std::vector<std::pair<std::string, std::string>> labels;  // sorted
    friend auto operator<=>(const PointsQuery&, const PointsQuery&) = default;
  };

  // All pointers must outlive it.
  ChangePublisher(StateReader* state, ReadPoints read_points, const Clock* clock, Metrics* metrics);
  ~ChangePublisher() { Stop(); }

  // --- For the follower ---
  void Take(LiveChange change);
  // Forgets clients that have gone. How many there are.
  size_t Sweep();

  // --- For who joins ---
  void JoinRecords(std::shared_ptr<http::LiveStream> stream, std::string org);
  // Is told the present bucket first, even when nothing is in it.
  void JoinPoints(std::shared_ptr<http::LiveStream> stream, PointsQuery query);

  void Start();
  // Idempotent.
  void Stop();
  // Tells what can be told; the thread does it each 100 ms while there is anything to tell.
  void PublishOnce();

 private:
  struct Waiting {
    OffsetSet offsets;
    int64_t since_ms = 0;
  };
  struct ChangedPoints {
    Waiting waiting;
    std::set<int64_t> buckets;
    bool first = false;  // for a new client: the offsets do not matter
  };
  using RecordName = std::pair<std::string, std::string>;  // org, qualified name
  using Streams = std::vector<std::shared_ptr<http::LiveStream>>;

  void Run();
  bool NothingToTell() const ODOMETER_REQUIRES(mutex_) { return records_.empty() && points_.empty(); }
  void TakePoint(const LiveChange& change) ODOMETER_REQUIRES(mutex_);
  // False: it is to be tried again later.
  bool PublishRecord(const RecordName& name, const Waiting& waiting, StateView* view);
  bool PublishPoints(const PointsQuery& query, const ChangedPoints& changed, StateView* view);
  // The state reflects it, or never will as far as we know, which is counted.
  enum class Ready { kYes, kNotYet, kNever };
  Ready IsReady(const Waiting& waiting, const StateView& view) const;
  static void PushToAll(const Streams& streams, std::string text);

  StateReader* const state_;
  const ReadPoints read_points_;
  const Clock* const clock_;
  prometheus::Counter& missed_;

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::map<std::string, Streams> record_clients_ ODOMETER_GUARDED_BY(mutex_);  // by org
  std::map<PointsQuery, Streams> points_clients_ ODOMETER_GUARDED_BY(mutex_);
  std::map<RecordName, Waiting> records_ ODOMETER_GUARDED_BY(mutex_);
  std::map<PointsQuery, ChangedPoints> points_ ODOMETER_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace odometer
