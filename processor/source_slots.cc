#include "processor/source_slots.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace odometer {
namespace {

// What another run has left of a source that it no longer counted is behind its changelogs.
Status MarkNotRead(const StoreView& view, int32_t slot, int32_t partitions, StoreBatch* batch) {
  for (int32_t partition = 0; partition < partitions; ++partition) {
    const std::string key = CheckpointKey(SourceTaskNumber(slot, partition));
    std::string bytes;
    Status found = view.Get(StateLayout::kMeta, key, &bytes);
    if (found.Is(ErrorKind::kNotFound)) continue;
    ODOMETER_RETURN_IF_ERROR(found);
    Result<TaskCheckpoint> checkpoint = DecodeTaskCheckpoint(bytes);
    if (!checkpoint.ok()) return checkpoint.status();
    checkpoint->restoring = true;
    batch->Put(StateLayout::kMeta, key, EncodeTaskCheckpoint(*checkpoint));
  }
  return Status::Ok();
}

}  // namespace

Result<std::map<int32_t, StoredSource>> ClaimSourceSlots(const std::vector<std::string>& topics, Store* store) {
  auto view = store->View();
  Result<std::map<int32_t, StoredSource>> known = ReadSources(*view);
  if (!known.ok()) return Status::Stop("a source in the state folder cannot be read: " + known.status().message());
  auto batch = store->NewBatch();
  std::map<int32_t, StoredSource> claimed;
  for (auto& [slot, source] : *known) {
    const bool read = std::find(topics.begin(), topics.end(), source.topic) != topics.end();
    if (!read && source.read) ODOMETER_RETURN_IF_ERROR(MarkNotRead(*view, slot, source.partitions, batch.get()));
    if (read != source.read) {
      source.read = read;
      batch->Put(StateLayout::kMeta, SourceKey(slot), EncodeSource(source));
    }
    if (read) claimed[slot] = source;
  }
  int32_t next = known->empty() ? 0 : known->rbegin()->first + 1;
  for (const std::string& topic : topics) {
    const bool has_one = std::any_of(claimed.begin(), claimed.end(), [&](const auto& c) { return c.second.topic == topic; });
    if (has_one) continue;
    if (next >= kMaxSources) return Status::Stop("the state folder has seen too many sources of rules: empty it");
    claimed[next] = {topic, 0, true};
    batch->Put(StateLayout::kMeta, SourceKey(next), EncodeSource(claimed[next]));
    ++next;
  }
  ODOMETER_RETURN_IF_ERROR(store->Write(std::move(batch)));
  return claimed;
}

std::string SourcesMark(const std::vector<std::string>& topics) {
  if (topics.empty()) return "";
  uint64_t mark = 0;  // whatever their order
  for (const std::string& topic : topics) mark += XXH3_64bits(topic.data(), topic.size());
  return fmt::format("-{:016x}", mark);
}

}  // namespace odometer
