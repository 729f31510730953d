#include "cli/dead_letters/dead_letter_log.h"

#include <algorithm>
#include <utility>

#include "cli/dead_letters/replay_mark.h"

namespace odometer::cli {
namespace {

// Adds what a mark names; OK for all other records.
Status CollectMark(const RecordView& record, std::vector<OffsetSpan>* replayed) {
  for (const Header& header : record.Headers()) {
    if (header.name != kReplayedHeader) return Status::Ok();  // a mark has no other
    std::optional<std::vector<OffsetSpan>> spans = DecodeReplayed(header.value);
    if (!spans) {
      return Status::Stop("the record at offset " + std::to_string(record.offset) +
                          " says which letters were replayed, and cannot be understood: " + std::string(header.value));
    }
    replayed->insert(replayed->end(), spans->begin(), spans->end());
  }
  return Status::Ok();
}

// Sorts the spans so that IsReplayed can be asked.
void Arrange(std::vector<OffsetSpan>* spans) {
  std::sort(spans->begin(), spans->end());
  std::vector<OffsetSpan> merged;
  for (const OffsetSpan& span : *spans) {
    if (!merged.empty() && span.first <= merged.back().second) {
      merged.back().second = std::max(merged.back().second, span.second);
    } else {
      merged.push_back(span);
    }
  }
  *spans = std::move(merged);
}

bool IsReplayed(const std::vector<OffsetSpan>& spans, int64_t offset) {
  auto after = std::upper_bound(spans.begin(), spans.end(), offset,
                                [](int64_t value, const OffsetSpan& span) { return value < span.first; });
  return after != spans.begin() && offset <= std::prev(after)->second;
}

}  // namespace

Result<LetterSelection> DeadLetterLog::Select(const LetterFilter& filter) {
  Result<std::optional<TopicInfo>> topic = admin_.Describe(topic_);
  if (!topic.ok()) return topic.status();
  if (!topic->has_value()) return Status::Stop("topic " + topic_ + " does not exist");
  LetterSelection selection;
  for (int32_t partition = 0; partition < (*topic)->partitions; ++partition) {
    ODOMETER_RETURN_IF_ERROR(SelectPartition(filter, partition, &selection));
  }
  return selection;
}

Status DeadLetterLog::SelectPartition(const LetterFilter& filter, int32_t partition, LetterSelection* selection) {
  const TopicPartition tp{topic_, partition};
  Result<OffsetRange> range = admin_.Offsets(tp);
  if (!range.ok()) return range.status();
  std::vector<int64_t> matching;
  std::vector<OffsetSpan> replayed;
  ODOMETER_RETURN_IF_ERROR(reader_.Read(tp, range->begin, range->end, [&](const RecordView& record) {
    const std::optional<DeadLetterOrigin> origin = ReadDeadLetter(record);
    if (!origin) return CollectMark(record, &replayed);
    const bool reason = filter.reasons.empty() || filter.reasons.contains(std::string(origin->reason));
    if (reason && record.timestamp_ms >= filter.since_ms.value_or(record.timestamp_ms)) matching.push_back(record.offset);
    return Status::Ok();
  }).WithContext(ToString(tp)));
  Arrange(&replayed);
  for (int64_t offset : matching) {
    if (filter.limit && selection->letters == *filter.limit) break;
    const bool before = IsReplayed(replayed, offset);
    if (before && !filter.replayed_too) {
      ++selection->replayed_before;
      continue;
    }
    selection->partitions[partition].push_back({offset, before});
    ++selection->letters;
  }
  return Status::Ok();
}

Status DeadLetterLog::Read(const LetterSelection& selection, const std::function<Status(const Letter&)>& on_letter) {
  for (const auto& [partition, entries] : selection.partitions) {
    auto next = entries.begin();
    ODOMETER_RETURN_IF_ERROR(reader_.Read({topic_, partition}, entries.front().offset, entries.back().offset + 1,
                                          [&, &entries = entries](const RecordView& record) {
      if (next == entries.end() || record.offset != next->offset) return Status::Ok();
      const bool replayed = (next++)->replayed;
      const std::optional<DeadLetterOrigin> origin = ReadDeadLetter(record);
      return origin ? on_letter({record, *origin, replayed}) : Status::Ok();
    }));
  }
  return Status::Ok();
}

}  // namespace odometer::cli
