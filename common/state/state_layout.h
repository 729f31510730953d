// How the state lies in the store: its column families, keys, and the record that says how far each task has come.
// Bytes: docs/formats/store.md.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/model/event_decoder.h"
#include "common/model/series.h"
#include "common/model/tier.h"
#include "common/state/rules_history.h"
#include "common/store/store.h"

namespace odometer {

// Families in order: meta, series, names, totals, ids, events, events-by-name, definitions, readings, requests, then one
// per window tier in the order of the tier set.
struct StateLayout {
  explicit StateLayout(const TierSet& tiers, int64_t events_retention_ms = kForever);

  static constexpr FamilyId kMeta = 0;    // 'T' + task → TaskMeta; 'C' + task → TaskCheckpoint; others: below
  static constexpr FamilyId kSeries = 1;  // task + series id → identity
  static constexpr FamilyId kNames = 2;   // index, local only: org, name, type, task, series id → identity
  static constexpr FamilyId kTotals = 3;  // task + series id → aggregate
  static constexpr FamilyId kIds = 4;     // task + slot → id of an event that was applied (processor/seen_ids.h)
  static constexpr FamilyId kEvents = 5;  // task + org + place → raw event (event_keys.h)
  static constexpr FamilyId kEventsByName = 6;  // index, local only: task + org + name + place → the same
  // Of command tasks only:
  static constexpr FamilyId kDefinitions = 7;  // task + definition key → definition (common/model/definition.h)
  static constexpr FamilyId kReadings = 8;     // task + definition id + time → reading
  static constexpr FamilyId kRequests = 9;     // task + slot → outcome of a request that was decided
  static constexpr FamilyId kFirstWindows = 10;  // task + series id + window start → aggregate

  FamilyId WindowsFamily(size_t tier_index) const { return kFirstWindows + static_cast<FamilyId>(tier_index); }

  // The earliest event time of which raw events are still kept when stream time is that.
  int64_t EventsRetainedFromMs(int64_t stream_time_ms) const;

  TierSet tiers;
  int64_t events_retention_ms;  // by stream time
  std::vector<std::string> families;
};

// Keys. A task is known in the store by its number: that of its partition, and for a task of the commands' topic this much
// more. (No topic has so many partitions.) Between the two are the tasks of the rules' sources: each source has a slot of
// this store, and kMaxSourcePartitions numbers from there on.
inline constexpr int32_t kFirstSourceTask = 1 << 24;
inline constexpr int32_t kMaxSourcePartitions = 1 << 16;
inline constexpr int32_t kFirstCommandTask = 1 << 30;
inline constexpr int32_t kMaxSources = (kFirstCommandTask - kFirstSourceTask) / kMaxSourcePartitions;
inline bool IsCommandTask(int32_t task) { return task >= kFirstCommandTask; }
inline bool IsSourceTask(int32_t task) { return task >= kFirstSourceTask && task < kFirstCommandTask; }
inline int32_t CommandTaskNumber(int32_t partition) { return kFirstCommandTask + partition; }
inline int32_t SourceTaskNumber(int32_t slot, int32_t partition) {
  return kFirstSourceTask + slot * kMaxSourcePartitions + partition;
}
inline int32_t SourceSlot(int32_t task) { return (task - kFirstSourceTask) / kMaxSourcePartitions; }
inline int32_t TaskPartition(int32_t task) {
  if (IsCommandTask(task)) return task - kFirstCommandTask;
  return IsSourceTask(task) ? (task - kFirstSourceTask) % kMaxSourcePartitions : task;
}
std::string TaskKey(int32_t partition);                                     // prefix of all keys of the task: 4 bytes
std::string MetaKey(int32_t partition);
inline constexpr std::string_view kFormatKey = "F";          // → StateFormat
inline constexpr std::string_view kPartitionCountKey = "N";  // u32: partitions of the input topic, as last seen
inline constexpr std::string_view kCommandsTopicKey = "Q";   // the topic whose commands were applied, as it is
std::string EncodePartitionCount(int32_t partitions);
Result<int32_t> DecodePartitionCount(std::string_view bytes);

// A source of the rules, as this store knows it. Its slot never becomes another topic's.
struct StoredSource {
  std::string topic;
  int32_t partitions = 0;  // as last seen; 0: not seen yet
  bool read = true;        // the rules name it: else its tasks are not there to be read
  friend bool operator==(const StoredSource&, const StoredSource&) = default;
};
std::string SourceKey(int32_t slot);
std::string EncodeSource(const StoredSource& source);
Result<StoredSource> DecodeSource(std::string_view bytes);
// All that the store knows, by slot.
Result<std::map<int32_t, StoredSource>> ReadSources(const StoreView& view);
void AppendSeriesKey(int32_t partition, SeriesId id, std::string* out);                          // 8 bytes
void AppendWindowKey(int32_t partition, SeriesId id, int64_t window_start_ms, std::string* out); // 16 bytes
// Of a 16-byte window key. Requires that size.
struct WindowKeyParts {
  int32_t partition;
  SeriesId id;
  int64_t window_start_ms;
};
WindowKeyParts ParseWindowKey(std::string_view key);
// Of an 8-byte series key; requires that size.
std::pair<int32_t, SeriesId> ParseSeriesKey(std::string_view key);
void AppendIdKey(int32_t partition, uint32_t slot, std::string* out);                            // 8 bytes
// The slot of an 8-byte id key; requires that size.
uint32_t ParseIdKeySlot(std::string_view key);
void AppendReadingKey(int32_t task, uint64_t definition_id, int64_t at_ms, std::string* out);    // 20 bytes
// The time at a 20-byte reading key's end; requires that size.
int64_t ParseReadingKeyTime(std::string_view key);
// The smallest key above every key with that prefix; empty when there is none.
std::string PrefixEnd(std::string_view prefix);

// The names index: org and name escaped so that keys sort by (org, name, type, task, id) and no name is a prefix of
// another's key. Appends.
void AppendNamePrefix(std::string_view org, std::string* out);
void AppendNamePrefix(std::string_view org, std::string_view name, std::string* out);
void AppendNameKey(const Series& series, int32_t partition, SeriesId id, std::string* out);
// The task and id at a names key's end. Requires a key that AppendNameKey wrote.
std::pair<int32_t, SeriesId> ParseNameKeyEnd(std::string_view key);

// consumed = applied + duplicate + late + rejected + overflowed, at every commit.
struct Accounting {
  uint64_t consumed = 0;
  uint64_t applied = 0;
  uint64_t duplicate = 0;
  uint64_t late = 0;
  uint64_t overflowed = 0;
  std::array<uint64_t, kRejectReasons> rejected{};  // by RejectReason; [0] stays 0

  uint64_t rejected_total() const;
  Accounting& operator+=(const Accounting& other);
  bool Balanced() const { return consumed == applied + duplicate + late + rejected_total() + overflowed; }
  friend bool operator==(const Accounting&, const Accounting&) = default;
};

void EncodeAccounting(const Accounting& accounting, class ByteWriter* out);
Accounting DecodeAccounting(class ByteReader* in);  // malformed: the reader fails

// A record of an input partition, as it would look in no other topic of that name.
struct RecordMark {
  int64_t offset = -1;  // -1: there is none
  int64_t timestamp_ms = 0;
  friend bool operator==(const RecordMark&, const RecordMark&) = default;
};

// How far a task has come: written in the same batch, and in the same transaction, as what it describes.
struct TaskMeta {
  int64_t next_input_offset = 0;
  int64_t stream_time_ms = kBeginningOfTime;
  uint64_t sequence = 0;      // commits of this task so far
  SeriesId next_series_id = 1;
  int64_t commit_wall_ms = 0;  // when, by the wall clock of the instance; for the age of answers only
  Accounting accounting;
  RulesHistory rules;  // of a task of a source
  RecordMark last_record;  // below next_input_offset; none as well in what was written before it was kept

  friend bool operator==(const TaskMeta&, const TaskMeta&) = default;
};
std::string EncodeTaskMeta(const TaskMeta& meta);
Result<TaskMeta> DecodeTaskMeta(std::string_view bytes);

// Local knowledge about a task that has no changelog: how far each changelog is in the store.
struct TaskCheckpoint {
  // The task's state must not be read: a restore was begun and not finished, or the partition is no longer ours.
  bool restoring = false;
  int64_t written_wall_ms = 0;
  std::map<std::string, int64_t> changelog_next;       // store name → next changelog offset to read
  std::map<std::string, int64_t> complete_from_ms;     // tier store name → windows before may be missing
  friend bool operator==(const TaskCheckpoint&, const TaskCheckpoint&) = default;
};
std::string CheckpointKey(int32_t partition);
std::string EncodeTaskCheckpoint(const TaskCheckpoint& checkpoint);
Result<TaskCheckpoint> DecodeTaskCheckpoint(std::string_view bytes);

// What the state belongs to, so that a processor does not count on with the state of another topic or cluster.
struct StateFormat {
  std::string application;
  std::string input_topic;
  std::string cluster_id;
  TierSet tiers;
  friend bool operator==(const StateFormat&, const StateFormat&) = default;
};
std::string EncodeStateFormat(const StateFormat& format);
Result<StateFormat> DecodeStateFormat(std::string_view bytes);

}  // namespace odometer
