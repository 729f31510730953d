// Who listens to events, and what each of them has to be told: every event that fits, in the order of its partition, once,
// from the place where the client began.
//
//   joins at the present place ─────────────────────────▶ live: is told each event as it is taken
//   joins at an earlier place ──▶ behind ──(caught up)──▶ live
//
// Recent events are kept. A client that is behind is brought up to them from the log (catch_up.h), then from what is
// kept, and goes live under the same lock; so nothing is missed and nothing told twice.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/mutex.h"
#include "common/http/live_stream.h"
#include "query/live/live_event.h"

namespace odometer {

// The next offset of each partition.
using LiveOffsets = std::map<int32_t, int64_t>;

struct LiveFilter {
  std::string org = std::string(kDefaultOrg);
  std::optional<std::string> name;
  bool raw_only = false;

  bool Fits(const LiveEvent& event) const {
    return event.org == org && (!name || *name == event.name) && (event.raw || !raw_only);
  }
};

// Thread-safe.
class LiveHub {
 public:
  // `topic`: for the ids of events. Of recent events at most so many bytes are kept.
  explicit LiveHub(std::string topic, size_t max_kept_bytes = 4 << 20)
      : topic_(std::move(topic)), max_kept_bytes_(max_kept_bytes) {}

  // --- For the follower, one thread ---
  // The log is followed from there. Only while there are no clients.
  void Begin(LiveOffsets positions);
  LiveOffsets positions() const;
  // The partition's next event.
  void Take(const LiveEvent& event);
  // The partition has no event for anybody before that offset.
  void Pass(int32_t partition, int64_t next_offset);
  // The log no longer has [the partition's position, to).
  void Lost(int32_t partition, int64_t to);
  // Tells the present place to those who are live, so that one that hears nothing for long resumes there.
  void TellPlaces();
  // Forgets clients that have gone. How many there are.
  size_t Sweep();

  // --- For who joins ---
  // From the present place on, or from an earlier one. Requires Begin.
  void Join(std::shared_ptr<http::LiveStream> stream, LiveFilter filter, const std::optional<LiveOffsets>& from);

  // --- For the catching up, one thread ---
  struct Span {
    int32_t partition = 0;
    int64_t from = 0;
    int64_t end = 0;
  };
  // Brings those who are behind as far as what is kept allows, then says what one of them, in turn, needs from the log.
  std::optional<Span> NextSpan();
  // Whether anybody is behind.
  bool AnyBehind() const;
  // The span's events, in order, for all who need them. False when nobody can take it now.
  bool Replay(const Span& span, const LiveEvent& event);
  // Up to there all of the span was replayed.
  void Replayed(const Span& span, int64_t reached);
  // The log begins only there, after the span's start.
  void NotThere(const Span& span, int64_t log_begin);

 private:
  struct Client {
    std::shared_ptr<http::LiveStream> stream;
    LiveFilter filter;
    bool behind = false;
    bool waits = false;  // behind, and takes nothing of the present span: it is full, or came while that was read
    // While behind the client's own place; live only where it is ahead of us, as another instance has told it more.
    LiveOffsets next;
  };

  void Tell(Client* client, const LiveEvent& event, const std::string& id) ODOMETER_REQUIRES(mutex_);
  void TellGap(Client* client, int32_t partition, int64_t from, int64_t to) ODOMETER_REQUIRES(mutex_);
  std::string PlaceOf(const Client& client) const ODOMETER_REQUIRES(mutex_);
  std::string Text(const LiveOffsets& offsets) const;
  // A partition of which the log is needed, because what is kept begins later.
  std::optional<int32_t> Uncovered(const Client& client) const ODOMETER_REQUIRES(mutex_);
  void AdvanceFromKept(Client* client) ODOMETER_REQUIRES(mutex_);
  void KeepWhatIsAhead(Client* client) ODOMETER_REQUIRES(mutex_);
  bool TakesReplay(const Client& client, const Span& span, int64_t offset) const ODOMETER_REQUIRES(mutex_);
  void Keep(const LiveEvent& event) ODOMETER_REQUIRES(mutex_);

  const std::string topic_;
  const size_t max_kept_bytes_;
  mutable Mutex mutex_;
  LiveOffsets positions_ ODOMETER_GUARDED_BY(mutex_);
  std::deque<LiveEvent> kept_ ODOMETER_GUARDED_BY(mutex_);
  size_t kept_bytes_ ODOMETER_GUARDED_BY(mutex_) = 0;
  LiveOffsets kept_from_ ODOMETER_GUARDED_BY(mutex_);
  std::vector<Client> clients_ ODOMETER_GUARDED_BY(mutex_);
  size_t turn_ ODOMETER_GUARDED_BY(mutex_) = 0;
};

}  // namespace odometer
