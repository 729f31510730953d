#include "tests/unit/state/state_writer.h"

#include <algorithm>

#include "common/model/aggregate_codec.h"

namespace odometer {

TierSet TestTiers() { return {{{1'000, 10'000}, {10'000, kForever}}, true}; }

Series MakeSeries(const std::string& name, std::vector<std::pair<std::string, std::string>> labels, MetricType type,
                  const std::string& org) {
  return {org, name, type, std::move(labels)};
}

void StateWriter::Add(int32_t partition, const Series& series, int64_t ts_ms, int64_t value) {
  auto batch = store_.NewBatch();
  Stage(batch.get(), partition, series, ts_ms, value);
  Commit(partition, std::move(batch));
}

void StateWriter::AddMany(int32_t partition, const std::vector<Series>& series, int64_t ts_ms) {
  auto batch = store_.NewBatch();
  for (const Series& one : series) Stage(batch.get(), partition, one, ts_ms, 1);
  Commit(partition, std::move(batch));
}

void StateWriter::SetCheckpoint(int32_t partition, const TaskCheckpoint& checkpoint) {
  PutRaw(StateLayout::kMeta, CheckpointKey(partition), EncodeTaskCheckpoint(checkpoint));
}
void StateWriter::SetPartitionCount(int32_t partitions) {
  PutRaw(StateLayout::kMeta, std::string(kPartitionCountKey), EncodePartitionCount(partitions));
}
void StateWriter::PutRaw(FamilyId family, const std::string& key, const std::string& value) {
  auto batch = store_.NewBatch();
  batch->Put(family, key, value);
  ASSERT_TRUE(store_.Write(std::move(batch)).ok());
}

void StateWriter::Stage(StoreBatch* batch, int32_t partition, const Series& series, int64_t ts_ms, int64_t value) {
  TaskMeta& meta = metas_[partition];
  meta.stream_time_ms = std::max(meta.stream_time_ms, ts_ms);
  ++meta.next_input_offset;
  ++meta.accounting.consumed;
  ++meta.accounting.applied;

  std::string identity, series_key, name_key;
  EncodeSeriesIdentity(series, &identity);
  auto [id, is_new] = ids_.try_emplace({partition, identity}, meta.next_series_id);
  AppendSeriesKey(partition, id->second, &series_key);
  if (is_new) {
    ++meta.next_series_id;
    AppendNameKey(series, partition, id->second, &name_key);
    batch->Put(StateLayout::kSeries, series_key, identity);
    batch->Put(StateLayout::kNames, name_key, identity);
  }
  StageAggregate(batch, StateLayout::kTotals, series_key, series, ts_ms, value, partition);
  for (size_t i = 0; i < layout_.tiers.windows.size(); ++i) {
    const Tier& tier = layout_.tiers.windows[i];
    if (!tier.Retains(tier.WindowStart(ts_ms), meta.stream_time_ms)) continue;
    std::string window_key;
    AppendWindowKey(partition, id->second, tier.WindowStart(ts_ms), &window_key);
    StageAggregate(batch, layout_.WindowsFamily(i), window_key, series, ts_ms, value, partition);
  }
}

void StateWriter::StageAggregate(StoreBatch* batch, FamilyId family, const std::string& key, const Series& series,
                                 int64_t ts_ms, int64_t value, int32_t partition) {
  Aggregate aggregate;
  std::string bytes;
  if (store_.Get(family, key, &bytes).ok()) aggregate = AggregateCodec::Decode(bytes).value();
  const Origin origin{partition, metas_[partition].next_input_offset};
  if (series.type == MetricType::kSet) {
    aggregate.AddMember(DistinctSketch::HashOf(std::to_string(value)), ts_ms, origin);
  } else {
    aggregate.Add(Number::Of(value), ts_ms, origin, series.type == MetricType::kTimer);
  }
  bytes.clear();
  AggregateCodec::Encode(aggregate, &bytes);
  batch->Put(family, key, bytes);
}

void StateWriter::AddEvent(const std::string& org, const std::string& name, const EventPlace& place,
                           const std::string& body) {
  const std::string name_part = EventNamePart(name), value = EncodeStoredEvent({name_part, body});
  std::string key = EventKeyPrefix(place.partition, org);
  AppendEventPlace(place, &key);
  auto batch = store_.NewBatch();
  batch->Put(StateLayout::kEvents, key, value);
  batch->Put(StateLayout::kEventsByName, ByNameKey(key, name_part).value(), value);
  Commit(place.partition, std::move(batch));
}

void StateWriter::Commit(int32_t partition, std::unique_ptr<StoreBatch> batch) {
  TaskMeta& meta = metas_[partition];
  ++meta.sequence;
  meta.commit_wall_ms = 1'700'000'000'000 + static_cast<int64_t>(meta.sequence);
  batch->Put(StateLayout::kMeta, MetaKey(partition), EncodeTaskMeta(meta));
  ASSERT_TRUE(store_.Write(std::move(batch)).ok());
}

std::string Text(const Result<WindowsAnswer>& answer) {
  if (!answer.ok()) return answer.status().ToString();
  std::string text;
  for (const Bucket& bucket : answer->buckets) {
    if (!text.empty()) text += ' ';
    text += std::to_string(bucket.start_ms) + ":" + std::to_string(bucket.aggregate.count()) + "/" +
            bucket.aggregate.sum().ToJson();
  }
  return answer->cut ? text + " cut" : text;
}

std::string Text(const Result<SeriesPage>& page) {
  if (!page.ok()) return page.status().ToString();
  std::string text;
  for (const SeriesTotal& total : page->totals) {
    if (!text.empty()) text += ", ";
    text += total.series.QualifiedName();
    for (const auto& [name, value] : total.series.labels) {
      if (name != kLevelLabel) text += "{" + name + "=" + value + "}";
    }
    text += " " + std::string(MetricTypeName(total.series.type)) + "=" + std::to_string(total.aggregate.count()) + "/" +
            total.aggregate.sum().ToJson();
  }
  return page->next_after.empty() ? text : text + " more";
}

std::string Text(const StatePosition& position) {
  std::string text = "of " + std::to_string(position.partitions_total) + ":";
  for (const TaskPosition& task : position.tasks) {
    text += " " + std::to_string(task.partition) + "@" + std::to_string(task.next_input_offset);
  }
  return text;
}

}  // namespace odometer
