#include "common/state/local_reader.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/base/bytes.h"
#include "common/model/aggregate_codec.h"
#include "common/model/timestamp.h"
#include "common/state/event_scan.h"
#include "common/state/series_selection.h"
#include "common/state/totals_page.h"
#include "common/state/window_merger.h"

namespace odometer {
namespace {

constexpr std::string_view kTotalsName = "totals";
constexpr std::string_view kEventsName = "events";
constexpr size_t kMapEntryBytes = 96;  // besides the key's text, about

// The tasks that may be read, and how far they are.
struct Tasks {
  StatePosition position;
  std::map<int32_t, SourcePosition> sources;  // by slot, those that are read
  std::unordered_set<int32_t> covered;
  std::map<std::string, int64_t> complete_from_ms;  // the latest of all tasks, by store name
};

// One task's share of a selected series; parts of one series have the same number.
struct SeriesPart {
  uint32_t series;
  int32_t partition;
  SeriesId id;
};

Status AddTask(int32_t task, std::string_view value, Tasks* tasks) {
  Result<TaskMeta> meta = DecodeTaskMeta(value);
  if (!meta.ok()) return UndecodableValue("meta", meta.status());
  std::vector<TaskPosition>* list = IsCommandTask(task) ? &tasks->position.command_tasks : &tasks->position.tasks;
  if (IsSourceTask(task)) {
    list = &tasks->sources.at(SourceSlot(task)).tasks;
  }
  list->push_back({.partition = TaskPartition(task),
                   .next_input_offset = meta->next_input_offset,
                   .stream_time_ms = meta->stream_time_ms,
                   .commit_wall_ms = meta->commit_wall_ms,
                   .accounting = meta->accounting,
                   .rules = std::move(meta->rules)});
  if (!IsCommandTask(task)) tasks->covered.insert(task);
  return Status::Ok();
}

Status FindSources(const StoreView& view, Tasks* tasks) {
  Result<std::map<int32_t, StoredSource>> stored = ReadSources(view);
  if (!stored.ok()) return UndecodableValue("meta", stored.status());
  for (auto& [slot, source] : *stored) {
    if (source.read) tasks->sources[slot] = {std::move(source.topic), slot, source.partitions, {}};
  }
  return Status::Ok();
}

// Checkpoints have lower keys than metas: by the time of a task's meta it is known whether it is being restored.
Result<Tasks> ReadTasks(const StoreView& view) {
  Tasks tasks;
  ODOMETER_RETURN_IF_ERROR(FindSources(view, &tasks));
  std::map<int32_t, TaskCheckpoint> checkpoints;
  bool count_known = false;
  auto it = view.Scan(StateLayout::kMeta, "", "");
  for (; it->Valid(); it->Next()) {
    std::string_view key = it->Key();
    if (key == kPartitionCountKey) {
      Result<int32_t> count = DecodePartitionCount(it->Value());
      if (!count.ok()) return UndecodableValue("meta", count.status());
      tasks.position.partitions_total = *count;
      count_known = true;
    }
    if (key.size() != 1 + sizeof(uint32_t)) continue;
    const int32_t partition = static_cast<int32_t>(ByteReader(key.substr(1)).U32());
    if (key == CheckpointKey(partition)) {
      Result<TaskCheckpoint> checkpoint = DecodeTaskCheckpoint(it->Value());
      if (!checkpoint.ok()) return UndecodableValue("meta", checkpoint.status());
      checkpoints[partition] = std::move(*checkpoint);
    } else if (key == MetaKey(partition)) {
      const TaskCheckpoint& checkpoint = checkpoints[partition];
      if (checkpoint.restoring) continue;
      if (IsSourceTask(partition) && !tasks.sources.contains(SourceSlot(partition))) continue;
      ODOMETER_RETURN_IF_ERROR(AddTask(partition, it->Value(), &tasks));
      for (const auto& [store, from_ms] : checkpoint.complete_from_ms) {
        auto latest = tasks.complete_from_ms.try_emplace(store, from_ms).first;
        latest->second = std::max(latest->second, from_ms);
      }
    }
  }
  ODOMETER_RETURN_IF_ERROR(it->status());
  if (!count_known) tasks.position.partitions_total = static_cast<int32_t>(tasks.position.tasks.size());
  for (auto& [slot, source] : tasks.sources) tasks.position.sources.push_back(std::move(source));
  std::sort(tasks.position.sources.begin(), tasks.position.sources.end(),
            [](const SourcePosition& a, const SourcePosition& b) { return a.topic < b.topic; });
  return tasks;
}

// The first window of the tier that is still retained, at or after the earliest that can exist.
int64_t FirstRetained(const Tier& tier, int64_t stream_time_ms) {
  if (tier.retention_ms == kForever || stream_time_ms == kBeginningOfTime) return kBeginningOfTime;
  const Int128 oldest_ms = Int128{stream_time_ms} - tier.retention_ms;
  return oldest_ms < kMinTimestampMs ? kBeginningOfTime : tier.WindowStart(static_cast<int64_t>(oldest_ms));
}

// Series by series. Equal identities of different tasks are one series, in the order of the index.
Result<std::vector<SeriesPart>> SelectParts(const StoreView& view, const SeriesSelector& selector, const Tasks& tasks,
                                            RowWatch* watch) {
  std::vector<SeriesPart> parts;
  std::unordered_map<std::string, uint32_t> numbers;
  uint32_t next = 0;
  size_t bytes = 0;
  const bool one_task = tasks.covered.size() == 1;  // then identities are different by themselves
  Status status = VisitSelected(view, selector, "", watch, [&](const NameRow& row) {
    if (!tasks.covered.contains(row.partition)) return true;
    uint32_t number = next;
    if (!one_task) number = numbers.try_emplace(std::string(row.identity), next).first->second;
    if (number == next) {
      ++next;
      if (!one_task) bytes += row.identity.size() + kMapEntryBytes;
    }
    parts.push_back({number, row.partition, row.id});
    bytes += sizeof(SeriesPart);
    return bytes <= kMaxSelectionBytes;
  });
  ODOMETER_RETURN_IF_ERROR(status);
  if (bytes > kMaxSelectionBytes) {
    return Status::Invalid("more than " + std::to_string(next - 1) + " series: narrow them by label.<name>=<value>");
  }
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.series < b.series; });
  return parts;
}

Status Decode(const std::string& family, std::string_view value, Aggregate* aggregate) {
  Result<Aggregate> decoded = AggregateCodec::Decode(value);
  if (!decoded.ok()) return UndecodableValue(family, decoded.status());
  *aggregate = std::move(*decoded);
  return Status::Ok();
}

class LocalView final : public StateView {
 public:
  LocalView(std::unique_ptr<StoreView> view, const StateLayout* layout, Tasks tasks, const Deadline& deadline)
      : StateView(std::move(tasks.position)),
        view_(std::move(view)),
        layout_(*layout),
        tasks_(std::move(tasks)),
        watch_(deadline) {}

  Result<WindowsAnswer> ReadWindows(const SeriesSelector& selector, const WindowRange& range) override {
    const Tier* tier = nullptr;
    ODOMETER_RETURN_IF_ERROR(CheckRange(range, &tier));
    Result<std::vector<SeriesPart>> parts = SelectParts(*view_, selector, tasks_, &watch_);
    if (!parts.ok()) return parts.status();

    WindowsAnswer answer;
    const std::string store_name = tier == nullptr ? std::string(kTotalsName) : tier->StoreName();
    if (auto known = tasks_.complete_from_ms.find(store_name); known != tasks_.complete_from_ms.end()) {
      answer.complete_from_ms = known->second;
    }
    WindowMerger merger(range);
    if (tier == nullptr) {
      ODOMETER_RETURN_IF_ERROR(MergeTotals(*parts, &merger));
    } else {
      const int64_t first_retained_ms = FirstRetained(*tier, position().stream_time_ms());
      answer.complete_from_ms = std::max(answer.complete_from_ms, first_retained_ms);
      ODOMETER_RETURN_IF_ERROR(MergeWindows(*parts, *tier, range, first_retained_ms, &merger));
    }
    answer.buckets = merger.TakeBuckets();
    answer.cut = merger.cut();
    return answer;
  }

  Result<SeriesPage> ReadTotals(const SeriesSelector& selector, const std::string& after, size_t limit) override {
    if (!layout_.tiers.total) return Status::Invalid("totals are not kept");
    if (limit == 0) return Status::Invalid("a page must hold at least one series");
    std::optional<Series> after_series;
    if (!after.empty()) {
      Result<Series> decoded = DecodeSeriesIdentity(after);
      if (!decoded.ok() || decoded->org != selector.org) return Status::Invalid("not the end of a page of this org");
      after_series = std::move(*decoded);
    }
    TotalsPage page(std::move(after_series), limit, [&](int32_t partition, SeriesId id, Aggregate* into) {
      Aggregate part;
      ODOMETER_RETURN_IF_ERROR(ReadTotal(partition, id, &part));
      part.DropSketch();
      into->Merge(part);
      return Status::Ok();
    });
    ODOMETER_RETURN_IF_ERROR(VisitSelected(*view_, selector, page.first_key(), &watch_, [&](const NameRow& row) {
      return !tasks_.covered.contains(row.partition) || page.Add(row);
    }));
    page.Finish();
    ODOMETER_RETURN_IF_ERROR(page.status());
    return page.Take();
  }

  Result<Cardinality> ReadCardinality(const std::optional<std::string>& org, size_t limit) override {
    CardinalityCounter counter(limit);
    std::string first;
    if (org) AppendNamePrefix(*org, &first);
    auto it = view_->Scan(StateLayout::kNames, first, PrefixEnd(first));
    for (; it->Valid(); it->Next()) {
      ODOMETER_RETURN_IF_ERROR(watch_.Next());
      const auto [partition, id] = ParseNameKeyEnd(it->Key());
      if (!tasks_.covered.contains(partition)) continue;
      const SeriesHead head = ReadSeriesHead(it->Value());
      if (head.name != kOverflowName) {
        counter.Add(partition, head.org, head.name);
        continue;
      }
      Aggregate total;
      if (layout_.tiers.total) ODOMETER_RETURN_IF_ERROR(ReadTotal(partition, id, &total));
      counter.AddOverflow(head.org, total.count());
    }
    ODOMETER_RETURN_IF_ERROR(it->status());
    return counter.Take();
  }

  Result<EventsPage> ReadEvents(const EventsQuery& query) override {
    if (query.limit == 0) return Status::Invalid("a page must hold at least one event");
    int64_t retained_from_ms = layout_.EventsRetainedFromMs(position().stream_time_ms());
    EventScan scan(*view_, query, retained_from_ms, &watch_);
    for (const TaskPosition& task : position().tasks) scan.AddTask(task.partition);
    Result<EventsPage> page = scan.Read();
    if (!page.ok()) return page;
    // What the broker had deleted before a restore may be missing; what is left is shown.
    if (auto known = tasks_.complete_from_ms.find(std::string(kEventsName)); known != tasks_.complete_from_ms.end()) {
      retained_from_ms = std::max(retained_from_ms, known->second);
    }
    page->retained_from_ms = retained_from_ms;
    return page;
  }

 private:
  // *tier: the one of that size; stays null for the total.
  Status CheckRange(const WindowRange& range, const Tier** tier) const {
    if (range.size_ms == 0) {
      if (!layout_.tiers.total) return Status::Invalid("totals are not kept");
      const bool one_bucket = range.bucket_ms == 0 && range.bucket_starts.empty();
      return one_bucket ? Status::Ok() : Status::Invalid("the total has no windows to put into buckets");
    }
    for (const Tier& kept : layout_.tiers.windows) {
      if (kept.size_ms == range.size_ms) *tier = &kept;
    }
    if (*tier == nullptr) return Status::Invalid("no tier of " + std::to_string(range.size_ms) + " ms is kept");
    if (range.bucket_ms < 0 || range.bucket_ms % range.size_ms != 0) {
      return Status::Invalid("buckets of " + std::to_string(range.bucket_ms) +
                             " ms are no multiple of the tier's windows");
    }
    return CheckBucketStarts(range);
  }

  static Status CheckBucketStarts(const WindowRange& range) {
    const std::vector<int64_t>& starts = range.bucket_starts;
    if (starts.empty()) return Status::Ok();
    if (starts.size() > kMaxBuckets) return TooManyBuckets();
    const bool aligned =
        std::all_of(starts.begin(), starts.end(), [&](int64_t start_ms) { return start_ms % range.size_ms == 0; });
    const bool ascending = std::adjacent_find(starts.begin(), starts.end(), std::greater_equal<>()) == starts.end();
    if (aligned && ascending && starts.front() <= range.from_ms && range.bucket_ms == 0) return Status::Ok();
    return Status::Invalid("the starts of buckets do not ascend from the range's on at the tier's windows");
  }

  FamilyId FamilyOf(const Tier& tier) const {
    return layout_.WindowsFamily(static_cast<size_t>(&tier - layout_.tiers.windows.data()));
  }

  // Stays empty where the task has none.
  Status ReadTotal(int32_t partition, SeriesId id, Aggregate* total) const {
    std::string key, value;
    AppendSeriesKey(partition, id, &key);
    Status status = view_->Get(StateLayout::kTotals, key, &value);
    if (status.Is(ErrorKind::kNotFound)) return Status::Ok();
    ODOMETER_RETURN_IF_ERROR(status);
    return Decode("totals", value, total);
  }

  Status MergeTotals(const std::vector<SeriesPart>& parts, WindowMerger* merger) {
    for (size_t i = 0; i < parts.size(); ++i) {
      ODOMETER_RETURN_IF_ERROR(watch_.Next());
      Aggregate part;
      ODOMETER_RETURN_IF_ERROR(ReadTotal(parts[i].partition, parts[i].id, &part));
      ODOMETER_RETURN_IF_ERROR(merger->Add(0, std::move(part)));
      if (i + 1 == parts.size() || parts[i + 1].series != parts[i].series) {
        ODOMETER_RETURN_IF_ERROR(merger->EndSeries());
      }
    }
    return Status::Ok();
  }

  Status MergeWindows(const std::vector<SeriesPart>& parts, const Tier& tier, const WindowRange& range,
                      int64_t first_retained_ms, WindowMerger* merger) {
    // No event is outside these; it keeps the arithmetic far from overflow.
    const int64_t from_ms = std::max(range.from_ms, kMinTimestampMs);
    const int64_t first_ms = std::max(tier.WindowStart(std::min(from_ms, kMaxTimestampMs)), first_retained_ms);
    const FamilyId family = FamilyOf(tier);
    auto it = view_->Scan(family, "", "");
    std::string lower, upper;
    for (size_t i = 0; i < parts.size(); ++i) {
      ODOMETER_RETURN_IF_ERROR(watch_.Next());
      lower.clear();
      upper.clear();
      AppendWindowKey(parts[i].partition, parts[i].id, first_ms, &lower);
      AppendWindowKey(parts[i].partition, parts[i].id, range.to_ms, &upper);
      it->Seek(lower);
      for (; it->Valid() && it->Key() <= upper; it->Next()) {
        ODOMETER_RETURN_IF_ERROR(watch_.Next());
        Aggregate part;
        ODOMETER_RETURN_IF_ERROR(Decode(layout_.families[family], it->Value(), &part));
        ODOMETER_RETURN_IF_ERROR(merger->Add(ParseWindowKey(it->Key()).window_start_ms, std::move(part)));
      }
      ODOMETER_RETURN_IF_ERROR(it->status());
      if (i + 1 == parts.size() || parts[i + 1].series != parts[i].series) {
        ODOMETER_RETURN_IF_ERROR(merger->EndSeries());
      }
    }
    return Status::Ok();
  }

  const std::unique_ptr<StoreView> view_;
  const StateLayout& layout_;
  const Tasks tasks_;  // but for their position
  RowWatch watch_;
};

class LocalReader final : public StateReader {
 public:
  LocalReader(const Store* store, StateLayout layout) : store_(*store), layout_(std::move(layout)) {}

  Result<std::unique_ptr<StateView>> View(const Deadline& deadline) override {
    std::unique_ptr<StoreView> view = store_.View();
    Result<Tasks> tasks = ReadTasks(*view);
    if (!tasks.ok()) return tasks.status();
    return std::unique_ptr<StateView>(
        std::make_unique<LocalView>(std::move(view), &layout_, std::move(*tasks), deadline));
  }

 private:
  const Store& store_;
  const StateLayout layout_;
};

}  // namespace

std::unique_ptr<StateReader> NewLocalReader(const Store* store, StateLayout layout) {
  return std::make_unique<LocalReader>(store, std::move(layout));
}

}  // namespace odometer
