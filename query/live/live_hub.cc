#include "query/live/live_hub.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/kafka/offsets_text.h"

namespace odometer {
namespace {

// What a kept event takes beside its text.
constexpr size_t kEventOverhead = 160;
// Another instance's follower may be ahead of ours by a moment; a place further off is not one of this log.
constexpr int64_t kMaxAhead = 100'000;

size_t BytesOf(const LiveEvent& event) {
  return event.text->size() + event.name.size() + event.org.size() + kEventOverhead;
}

}  // namespace

void LiveHub::Begin(LiveOffsets positions) {
  MutexLock lock(mutex_);
  kept_.clear();
  kept_bytes_ = 0;
  kept_from_ = positions;
  positions_ = std::move(positions);
}

LiveOffsets LiveHub::positions() const {
  MutexLock lock(mutex_);
  return positions_;
}

void LiveHub::Take(const LiveEvent& event) {
  MutexLock lock(mutex_);
  int64_t& position = positions_[event.partition];
  kept_from_.try_emplace(event.partition, position);
  if (event.offset < position) return;
  position = event.offset + 1;
  Keep(event);
  std::string place;
  for (Client& client : clients_) {
    if (client.behind || !client.filter.Fits(event)) continue;
    if (!client.next.empty()) {
      auto ahead = client.next.find(event.partition);
      if (ahead != client.next.end() && event.offset < ahead->second) continue;
      Tell(&client, event, PlaceOf(client));
      continue;
    }
    if (place.empty()) place = Text(positions_);
    Tell(&client, event, place);
  }
}

void LiveHub::Pass(int32_t partition, int64_t next_offset) {
  MutexLock lock(mutex_);
  int64_t& position = positions_[partition];
  kept_from_.try_emplace(partition, position);
  position = std::max(position, next_offset);
}

void LiveHub::Lost(int32_t partition, int64_t to) {
  MutexLock lock(mutex_);
  const int64_t from = std::exchange(positions_[partition], to);
  kept_from_[partition] = to;
  std::erase_if(kept_, [&](const LiveEvent& event) { return event.partition == partition; });
  kept_bytes_ = 0;
  for (const LiveEvent& event : kept_) kept_bytes_ += BytesOf(event);
  for (Client& client : clients_) {
    if (client.behind) continue;
    client.next.erase(partition);
    TellGap(&client, partition, from, to);
  }
}

void LiveHub::TellPlaces() {
  MutexLock lock(mutex_);
  for (Client& client : clients_) {
    if (!client.behind && client.stream->HasRoom()) {
      client.stream->Push({.text = nullptr, .id = PlaceOf(client), .event = ""});
    }
  }
}

size_t LiveHub::Sweep() {
  MutexLock lock(mutex_);
  std::erase_if(clients_,
                [](const Client& client) { return client.stream->state() != http::LiveStream::State::kOpen; });
  return clients_.size();
}

void LiveHub::Join(std::shared_ptr<http::LiveStream> stream, LiveFilter filter, const std::optional<LiveOffsets>& from) {
  MutexLock lock(mutex_);
  clients_.push_back({.stream = std::move(stream), .filter = std::move(filter)});
  Client& client = clients_.back();
  if (from) {
    client.next = positions_;
    for (auto& [partition, next] : client.next) {
      const int64_t position = next;
      auto told = from->find(partition);
      // A partition that the client has not heard of is younger than what it has.
      next = told == from->end() ? 0 : told->second;
      if (next > position + kMaxAhead) TellGap(&client, partition, std::exchange(next, position), position);
      client.behind = client.behind || next < position;
    }
    client.waits = client.behind;
    if (client.behind) return;
  }
  KeepWhatIsAhead(&client);
  client.stream->Push({.text = nullptr, .id = PlaceOf(client), .event = ""});
}

std::optional<LiveHub::Span> LiveHub::NextSpan() {
  MutexLock lock(mutex_);
  std::optional<Span> span;
  const size_t first = turn_;
  for (size_t i = 0; i < clients_.size(); ++i) {
    Client& client = clients_[(first + i) % clients_.size()];
    if (!client.behind) continue;
    client.waits = !client.stream->HasRoom();
    if (client.waits) continue;
    std::optional<int32_t> partition = Uncovered(client);
    if (!partition) {
      AdvanceFromKept(&client);
    } else if (!span) {
      span = Span{*partition, client.next[*partition], kept_from_.at(*partition)};
      turn_ = (first + i + 1) % clients_.size();
    }
  }
  return span;
}

bool LiveHub::AnyBehind() const {
  MutexLock lock(mutex_);
  return std::any_of(clients_.begin(), clients_.end(), [](const Client& client) {
    return client.behind && client.stream->state() == http::LiveStream::State::kOpen;
  });
}

std::optional<int32_t> LiveHub::Uncovered(const Client& client) const {
  for (const auto& [partition, from] : kept_from_) {
    auto next = client.next.find(partition);
    // A partition that was added since has told it nothing.
    if (next == client.next.end() ? from > 0 : next->second < from) return partition;
  }
  return std::nullopt;
}

void LiveHub::AdvanceFromKept(Client* client) {
  for (const LiveEvent& event : kept_) {
    int64_t& next = client->next[event.partition];
    if (event.offset < next) continue;
    if (client->filter.Fits(event)) {
      client->waits = !client->stream->HasRoom();
      if (client->waits) return;
      next = event.offset + 1;
      Tell(client, event, PlaceOf(*client));
    }
    next = event.offset + 1;
  }
  client->behind = false;
  KeepWhatIsAhead(client);
}

void LiveHub::KeepWhatIsAhead(Client* client) {
  for (auto entry = client->next.begin(); entry != client->next.end();) {
    auto position = positions_.find(entry->first);
    const bool ahead = position != positions_.end() && entry->second > position->second;
    entry = ahead ? std::next(entry) : client->next.erase(entry);
  }
}

bool LiveHub::TakesReplay(const Client& client, const Span& span, int64_t offset) const {
  if (!client.behind || client.waits) return false;
  auto next = client.next.find(span.partition);
  // One that begins within the span has missed nothing of it.
  return next != client.next.end() && next->second >= span.from && next->second <= offset;
}

bool LiveHub::Replay(const Span& span, const LiveEvent& event) {
  MutexLock lock(mutex_);
  bool taken = false;
  for (Client& client : clients_) {
    if (!TakesReplay(client, span, event.offset)) continue;
    const bool fits = client.filter.Fits(event);
    if (fits && !client.stream->HasRoom()) {
      client.waits = true;
      continue;
    }
    client.next[span.partition] = event.offset + 1;
    if (fits) Tell(&client, event, PlaceOf(client));
    taken = true;
  }
  return taken;
}

void LiveHub::Replayed(const Span& span, int64_t reached) {
  MutexLock lock(mutex_);
  for (Client& client : clients_) {
    if (TakesReplay(client, span, reached)) client.next[span.partition] = reached;
  }
}

void LiveHub::NotThere(const Span& span, int64_t log_begin) {
  MutexLock lock(mutex_);
  for (Client& client : clients_) {
    if (!TakesReplay(client, span, log_begin)) continue;
    int64_t& next = client.next[span.partition];
    if (next < log_begin) TellGap(&client, span.partition, std::exchange(next, log_begin), log_begin);
  }
}

void LiveHub::Tell(Client* client, const LiveEvent& event, const std::string& id) {
  client->stream->Push({.text = event.text, .id = id, .event = ""});
}

void LiveHub::TellGap(Client* client, int32_t partition, int64_t from, int64_t to) {
  if (client->stream->protocol() != http::LiveProtocol::kServerSentEvents) return;  // it has posts only
  auto text = std::make_shared<const std::string>("{\"partition\":" + std::to_string(partition) + ",\"from\":" +
                                                  std::to_string(from) + ",\"to\":" + std::to_string(to) + "}");
  client->stream->Push({.text = std::move(text), .id = PlaceOf(*client), .event = "gap"});
}

std::string LiveHub::PlaceOf(const Client& client) const {
  if (client.behind) return Text(client.next);
  LiveOffsets place = positions_;
  for (const auto& [partition, next] : client.next) place[partition] = std::max(place[partition], next);
  return Text(place);
}

std::string LiveHub::Text(const LiveOffsets& offsets) const {
  std::vector<std::pair<TopicPartition, int64_t>> list;
  list.reserve(offsets.size());
  for (const auto& [partition, next] : offsets) list.emplace_back(TopicPartition{topic_, partition}, next);
  return OffsetsText(list);
}

void LiveHub::Keep(const LiveEvent& event) {
  kept_.push_back(event);
  kept_bytes_ += BytesOf(event);
  while (kept_bytes_ > max_kept_bytes_) {
    const LiveEvent& oldest = kept_.front();
    kept_bytes_ -= BytesOf(oldest);
    kept_from_[oldest.partition] = oldest.offset + 1;
    kept_.pop_front();
  }
}

}  // namespace odometer
