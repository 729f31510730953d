// Fills a store as a processor would, from events in words; and turns answers into words.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/model/aggregate.h"
#include "common/model/series.h"
#include "common/state/event_keys.h"
#include "common/state/state_layout.h"
#include "common/state/state_reader.h"
#include "common/store/store.h"

namespace odometer {

// The tiers of these tests: 1 s for 10 s, 10 s for ever, and the total.
TierSet TestTiers();

Series MakeSeries(const std::string& name, std::vector<std::pair<std::string, std::string>> labels = {},
                  MetricType type = MetricType::kCounter, const std::string& org = "default");

class StateWriter {
 public:
  explicit StateWriter(Store* store, TierSet tiers = TestTiers()) : store_(*store), layout_(tiers) {}

  const StateLayout& layout() const { return layout_; }

  // Counts the event in every tier of the task that still retains it, and commits. Of a set the value's digits are the
  // member.
  void Add(int32_t partition, const Series& series, int64_t ts_ms, int64_t value = 1);
  // Many series at once, each with one event.
  void AddMany(int32_t partition, const std::vector<Series>& series, int64_t ts_ms);
  // A raw event at that place.
  void AddEvent(const std::string& org, const std::string& name, const EventPlace& place, const std::string& body);
  void SetCheckpoint(int32_t partition, const TaskCheckpoint& checkpoint);
  void SetPartitionCount(int32_t partitions);
  void PutRaw(FamilyId family, const std::string& key, const std::string& value);

 private:
  void Stage(StoreBatch* batch, int32_t partition, const Series& series, int64_t ts_ms, int64_t value);
  void StageAggregate(StoreBatch* batch, FamilyId family, const std::string& key, const Series& series, int64_t ts_ms,
                      int64_t value, int32_t partition);
  void Commit(int32_t partition, std::unique_ptr<StoreBatch> batch);

  Store& store_;
  const StateLayout layout_;
  std::map<int32_t, TaskMeta> metas_;
  std::map<std::pair<int32_t, std::string>, SeriesId> ids_;
};

// "0:2/7 1000:1/3": a bucket's start, count and sum; then " cut" if it is.
std::string Text(const Result<WindowsAnswer>& answer);
// "level.name type=count/sum, …"; then " more" when there is a next page.
std::string Text(const Result<SeriesPage>& page);
// "of 4: 0@2 1@5": the tasks with their next input offsets.
std::string Text(const StatePosition& position);

}  // namespace odometer
