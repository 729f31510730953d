#include "query/live/change_publisher.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>

#include "common/base/log.h"
#include "query/json_writer.h"
#include "query/parameters.h"
#include "query/records.h"

namespace odometer {
namespace {

constexpr int64_t kIntervalMs = 100;
constexpr int64_t kReadTimeoutMs = 5'000;
// A view keeps what the store would else clear away, so it is not held for longer.
constexpr int kReadsPerView = 200;
// The state of an instance reflects its own partitions; what it does not show by then it will not show soon.
constexpr int64_t kPatienceMs = 30'000;
constexpr size_t kMaxWaitingRecords = 100'000;
// Of one query between two messages. Older ones, which late events touch, are not told.
constexpr size_t kMostBuckets = 100;

constexpr char kMissedName[] = "odometer_live_changes_missed_total";
constexpr char kMissedHelp[] =
    "Changes that live clients were not told of: the state did not reflect them in time, or there were too many at once.";

bool IsOpen(const std::shared_ptr<http::LiveStream>& stream) {
  return stream->state() == http::LiveStream::State::kOpen;
}

// Removes the streams that are not open, and keys without any. How many are left.
template <typename Map>
size_t SweepMap(Map* map) {
  size_t left = 0;
  for (auto it = map->begin(); it != map->end();) {
    std::erase_if(it->second, [](const auto& stream) { return !IsOpen(stream); });
    left += it->second.size();
    it = it->second.empty() ? map->erase(it) : std::next(it);
  }
  return left;
}

bool HasLabels(const LiveChange::Point& point, const std::vector<std::pair<std::string, std::string>>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    return std::find(point.labels.begin(), point.labels.end(), label) != point.labels.end();
  });
}

std::string ForgottenJson(const std::string& qualified_name) {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Key("name").String(qualified_name).Key("deleted").Raw("true").EndObject();
  return text;
}

http::Request PointsRequest(const ChangePublisher::PointsQuery& query, const std::set<int64_t>& buckets) {
  const int64_t last = *buckets.rbegin();
  int64_t first = last;
  for (size_t i = 1; i < kMostBuckets && first > *buckets.begin(); ++i) first = query.period.StartOf(first - 1);
  http::Request request;
  request.org = query.org;
  request.query = {{"key", query.name},
                   {"type", "points"},
                   {"from", std::to_string(first)},
                   {"to", std::to_string(query.period.NextStart(last) - 1)}};
  AddPeriod(query.period, &request);
  for (const auto& [label, value] : query.labels) request.query.emplace_back("label." + label, value);
  return request;
}

}  // namespace

ChangePublisher::ChangePublisher(StateReader* state, ReadPoints read_points, const Clock* clock, Metrics* metrics)
    : state_(state),
      read_points_(std::move(read_points)),
      clock_(clock),
      missed_(metrics->Counter(kMissedName, kMissedHelp)) {}

void ChangePublisher::Take(LiveChange change) {
  MutexLock lock(mutex_);
  const bool nothing_before = NothingToTell();
  if (change.point) TakePoint(change);
  if (record_clients_.contains(change.org)) {
    RecordName name(std::move(change.org), std::move(change.qualified_name));
    auto found = records_.find(name);
    if (found == records_.end() && records_.size() >= kMaxWaitingRecords) {
      missed_.Increment();
    } else {
      if (found == records_.end()) found = records_.emplace(std::move(name), Waiting{{}, clock_->SteadyMs()}).first;
      found->second.offsets.Add(change.partition, change.offset, change.source);
    }
  }
  if (nothing_before && !NothingToTell()) wake_.NotifyOne();
}

void ChangePublisher::TakePoint(const LiveChange& change) {
  if (change.point->type != MetricType::kCounter) return;  // points are sums of counters
  PointsQuery first;
  first.org = change.org;
  first.name = change.point->name;
  first.period = Period();
  for (auto it = points_clients_.lower_bound(first);
       it != points_clients_.end() && it->first.org == first.org && it->first.name == first.name; ++it) {
    const PointsQuery& query = it->first;
    if (!HasLabels(*change.point, query.labels)) continue;
    auto [changed, added] = points_.try_emplace(query);
    if (added) changed->second.waiting.since_ms = clock_->SteadyMs();
    changed->second.waiting.offsets.Add(change.partition, change.offset, change.source);
    std::set<int64_t>& buckets = changed->second.buckets;
    buckets.insert(query.period.StartOf(change.point->ts_ms));
    if (buckets.size() > kMostBuckets) buckets.erase(buckets.begin());
  }
}

size_t ChangePublisher::Sweep() {
  MutexLock lock(mutex_);
  return SweepMap(&record_clients_) + SweepMap(&points_clients_);
}

void ChangePublisher::JoinRecords(std::shared_ptr<http::LiveStream> stream, std::string org) {
  MutexLock lock(mutex_);
  record_clients_[std::move(org)].push_back(std::move(stream));
}

void ChangePublisher::JoinPoints(std::shared_ptr<http::LiveStream> stream, PointsQuery query) {
  MutexLock lock(mutex_);
  ChangedPoints& changed = points_[query];
  changed.buckets.insert(query.period.StartOf(clock_->WallMs()));
  changed.waiting.since_ms = clock_->SteadyMs();
  changed.first = true;
  points_clients_[std::move(query)].push_back(std::move(stream));
  wake_.NotifyOne();
}

void ChangePublisher::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ChangePublisher::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void ChangePublisher::Run() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      while (NothingToTell() && !stopping_) wake_.Wait(mutex_);
      // Gathers what changes meanwhile, and leaves a commit its time.
      const int64_t until_ms = clock_->SteadyMs() + kIntervalMs;
      for (int64_t left_ms = kIntervalMs; left_ms > 0 && !stopping_; left_ms = until_ms - clock_->SteadyMs()) {
        wake_.WaitFor(mutex_, left_ms);
      }
      if (stopping_) return;
    }
    PublishOnce();
  }
}

void ChangePublisher::PublishOnce() {
  std::map<RecordName, Waiting> records;
  std::map<PointsQuery, ChangedPoints> points;
  {
    MutexLock lock(mutex_);
    records.swap(records_);
    points.swap(points_);
  }
  std::unique_ptr<StateView> view;
  int reads = 0;
  auto view_for_next = [&]() -> StateView* {
    if (view == nullptr || ++reads % kReadsPerView == 0) {
      view.reset();
      Result<std::unique_ptr<StateView>> made = state_->View(Deadline(clock_, clock_->SteadyMs() + kReadTimeoutMs));
      if (made.ok()) view = std::move(*made);
    }
    return view.get();
  };
  // Where the view is lost the rest waits for the next round.
  std::erase_if(records, [&](const auto& entry) {
    StateView* now = view_for_next();
    return now != nullptr && PublishRecord(entry.first, entry.second, now);
  });
  std::erase_if(points, [&](const auto& entry) {
    StateView* now = view_for_next();
    return now != nullptr && PublishPoints(entry.first, entry.second, now);
  });
  MutexLock lock(mutex_);
  for (auto& [name, waiting] : records) {
    Waiting& kept = records_[name];
    kept.offsets.Merge(waiting.offsets);
    kept.since_ms = waiting.since_ms;
  }
  for (auto& [query, changed] : points) {
    ChangedPoints& kept = points_[query];
    kept.waiting.offsets.Merge(changed.waiting.offsets);
    kept.waiting.since_ms = changed.waiting.since_ms;
    kept.buckets.merge(changed.buckets);
    kept.first = kept.first || changed.first;
  }
}

ChangePublisher::Ready ChangePublisher::IsReady(const Waiting& waiting, const StateView& view) const {
  if (waiting.offsets.ReachedBy(view.position())) return Ready::kYes;
  if (clock_->SteadyMs() - waiting.since_ms < kPatienceMs) return Ready::kNotYet;
  missed_.Increment();
  return Ready::kNever;
}

bool ChangePublisher::PublishRecord(const RecordName& name, const Waiting& waiting, StateView* view) {
  Streams streams;
  {
    MutexLock lock(mutex_);
    auto clients = record_clients_.find(name.first);
    if (clients == record_clients_.end()) return true;
    streams = clients->second;
  }
  const Ready ready = IsReady(waiting, *view);
  if (ready != Ready::kYes) return ready == Ready::kNever;
  Result<std::optional<std::string>> record = ReadRecordJson(name.first, name.second, view);
  if (!record.ok()) {
    if (record.status().Is(ErrorKind::kRetry)) return false;
    LogWarn("live", "a changed record cannot be read: {}", record.status().ToString());
    missed_.Increment();
    return true;
  }
  PushToAll(streams, *record ? std::move(**record) : ForgottenJson(name.second));
  return true;
}

bool ChangePublisher::PublishPoints(const PointsQuery& query, const ChangedPoints& changed, StateView* view) {
  Streams streams;
  {
    MutexLock lock(mutex_);
    auto clients = points_clients_.find(query);
    if (clients == points_clients_.end()) return true;
    streams = clients->second;
  }
  const Ready ready = changed.first && changed.waiting.offsets.empty() ? Ready::kYes : IsReady(changed.waiting, *view);
  if (ready != Ready::kYes) return ready == Ready::kNever;
  http::Response response = read_points_(PointsRequest(query, changed.buckets), view);
  if (response.status == 503) return false;
  if (response.status != 200) {
    missed_.Increment();
    return true;
  }
  PushToAll(streams, std::move(response.body));
  return true;
}

void ChangePublisher::PushToAll(const Streams& streams, std::string text) {
  auto shared = std::make_shared<const std::string>(std::move(text));
  for (const auto& stream : streams) stream->Push({.text = shared, .id = "", .event = ""});
}

}  // namespace odometer
