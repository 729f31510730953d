#include "common/state/totals_page.h"

#include "common/base/bytes.h"
#include "common/state/local_reader.h"

namespace odometer {
namespace {

std::string Cursor(const Series& series) {
  std::string cursor;
  EncodeSeriesIdentity(series, &cursor);
  return cursor;
}

size_t TextBytes(const Series& series) {
  size_t bytes = series.org.size() + series.name.size();
  for (const auto& [name, value] : series.labels) bytes += name.size() + value.size();
  return bytes;
}

}  // namespace

TotalsPage::TotalsPage(std::optional<Series> after, size_t limit, MergeTotal merge_total)
    : after_(std::move(after)), limit_(limit), merge_total_(std::move(merge_total)) {
  if (!after_) return;
  AppendNamePrefix(after_->org, after_->name, &after_group_);
  ByteWriter(&after_group_).U8(static_cast<uint8_t>(after_->type));
}

bool TotalsPage::Add(const NameRow& row) {
  if (row.group != group_) {
    EndGroup();
    if (complete()) return false;
    group_ = row.group;
  }
  Result<Series> series = DecodeSeriesIdentity(row.identity);
  if (!series.ok()) {
    status_ = UndecodableValue("names", series.status());
    return false;
  }
  std::string level(series->level());
  if (after_ && row.group == after_group_ && level <= after_->level()) return true;
  if (page_.totals.size() == limit_) {
    page_.next_after = Cursor(page_.totals.back().series);
    return false;
  }

  const size_t room = limit_ - page_.totals.size();
  auto place = candidates_.lower_bound(level);
  if (place == candidates_.end() || place->first != level) {
    // Past what was left out nothing is kept, or the page would skip it.
    if (place == candidates_.end() && (candidates_.size() == room || left_out_)) {
      left_out_ = true;
      return true;
    }
    series->labels.clear();
    if (!level.empty()) series->labels.emplace_back(kLevelLabel, level);
    place = candidates_.emplace_hint(place, std::move(level), SeriesTotal{std::move(*series), {}});
  }
  candidate_bytes_ -= place->second.aggregate.HeapBytes();
  status_ = merge_total_(row.partition, row.id, &place->second.aggregate);
  candidate_bytes_ += place->second.aggregate.HeapBytes();
  if (!status_.ok()) return false;
  while (candidates_.size() > room || (candidate_bytes_ > kMaxPageBytes && candidates_.size() > 1)) {
    const auto last = std::prev(candidates_.end());
    candidate_bytes_ -= last->second.aggregate.HeapBytes();
    candidates_.erase(last);
    left_out_ = true;
  }
  return true;
}

void TotalsPage::EndGroup() {
  for (auto at = candidates_.begin(); at != candidates_.end() && !complete(); ++at) {
    SeriesTotal& total = at->second;
    bytes_ += sizeof(SeriesTotal) + TextBytes(total.series) + total.aggregate.HeapBytes();
    const bool last_of_page = bytes_ > kMaxPageBytes || (left_out_ && std::next(at) == candidates_.end());
    if (last_of_page) page_.next_after = Cursor(total.series);
    if (!total.aggregate.empty()) page_.totals.push_back(std::move(total));
  }
  candidates_.clear();
  candidate_bytes_ = 0;
  left_out_ = false;
}

}  // namespace odometer
