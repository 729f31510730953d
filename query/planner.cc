#include "query/planner.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

namespace odometer {
namespace {

std::string Seconds(int64_t ms) { return std::to_string(ms / 1000); }

// One query on its way through the tiers.
class Plan {
 public:
  Plan(const TierSet& tiers, StateView* view, const RangeQuery& query)
      : tiers_(tiers),
        view_(*view),
        query_(query),
        from_(query.from_ms.value_or(kBeginningOfTime)),
        to_(query.to_ms.value_or(kForever)),
        fixed_ms_(query.period ? query.period->fixed_ms().value_or(0) : 0),
        calendar_(query.period && !query.period->fixed_ms()),
        first_(from_),
        last_(to_) {}

  Result<RangeAnswer> Run();

 private:
  // What is known of a tier.
  struct Candidate {
    Tier tier;
    int64_t complete_from_ms = kBeginningOfTime;
    bool retains = false;  // all windows from first_ on, and buckets can be made of them
    bool cut = false;
    std::optional<WindowsAnswer> answer;  // absent while it was not worth a scan
  };

  Status FindStarts();
  Result<WindowsAnswer> Scan(int64_t size_ms, int64_t from, int64_t to) const;
  Result<WindowsAnswer> ScanBuckets(const Tier& tier, int64_t from) const;
  Result<Candidate> Examine(const Tier& tier) const;
  Result<RangeAnswer> AnswerFrom(Candidate candidate) const;
  Result<RangeAnswer> AnswerBeyondRetention(const Candidate& longest) const;
  Result<bool> MayHaveEvents(int64_t from, int64_t to) const;
  bool Retains(const Tier& tier, int64_t complete_from_ms) const;
  Status NoTierDivides() const;
  Status NotRetained(int64_t from) const;
  // Whether buckets, of a calendar the last ones at least, are made of whole windows of that tier.
  bool Divides(const Tier& tier) const;
  // Buckets are that begin there or later. Requires that it divides.
  int64_t DividesFrom(const Tier& tier) const;
  // Of windows that a calendar's buckets are made of.
  int64_t NeededSize() const;
  // Null when there is none.
  const Tier* CoarsestThatDivides() const;
  static RangeAnswer Make(WindowsAnswer answer, int64_t resolution_ms);

  const TierSet& tiers_;
  StateView& view_;
  const RangeQuery& query_;
  const int64_t from_, to_;
  const int64_t fixed_ms_;  // of the buckets; 0: they have no one length, or there are none
  const bool calendar_;
  // The part of the range in which there are events, as far as the total tells.
  int64_t first_, last_;
  std::vector<int64_t> starts_;  // of a calendar's buckets that may have events, ascending
};

Result<RangeAnswer> Plan::Run() {
  const Tier* coarsest = CoarsestThatDivides();
  const bool total_may_answer = tiers_.total && !query_.period;
  if (coarsest == nullptr && !total_may_answer) return NoTierDivides();
  const RangeAnswer nothing{.resolution_ms = total_may_answer ? 0 : coarsest->size_ms};
  if (from_ > to_) return nothing;

  std::optional<WindowsAnswer> total;
  if (tiers_.total) {
    Result<WindowsAnswer> read = Scan(0, from_, to_);
    if (!read.ok()) return read.status();
    if (read->buckets.empty()) return nothing;
    if (total_may_answer && !read->cut) return Make(std::move(read).value(), 0);
    const Aggregate& all = read->buckets.front().aggregate;
    first_ = std::max(from_, all.first_ts_ms());
    last_ = std::min(to_, all.last_ts_ms());
    total = std::move(read).value();
  }
  if (calendar_) {
    ODOMETER_RETURN_IF_ERROR(FindStarts());
    if (starts_.empty()) return nothing;
    if (CoarsestThatDivides() == nullptr) return NoTierDivides();
  }

  std::optional<Candidate> finest;   // that retains what is asked
  std::optional<Candidate> longest;  // that reaches back furthest, where none retains it
  for (auto tier = tiers_.windows.rbegin(); tier != tiers_.windows.rend(); ++tier) {
    if (!Divides(*tier)) continue;
    Result<Candidate> examined = Examine(*tier);
    if (!examined.ok()) return examined.status();
    if (examined->retains && !examined->cut) return AnswerFrom(std::move(examined).value());
    if (examined->retains) {
      finest = std::move(examined).value();
    } else if (!longest || examined->complete_from_ms < longest->complete_from_ms ||
               (examined->complete_from_ms == longest->complete_from_ms && longest->cut)) {
      longest = std::move(examined).value();
    }
  }
  if (finest) return AnswerFrom(std::move(*finest));
  if (total_may_answer) return Make(std::move(*total), 0);
  return AnswerBeyondRetention(*longest);
}

// Where the total does not tell, the windows do in which there are events still.
Status Plan::FindStarts() {
  int64_t first = first_, last = last_;
  if (!tiers_.total) {
    first = kForever;
    last = kBeginningOfTime;
    for (const Tier& tier : tiers_.windows) {
      Result<WindowsAnswer> scan = Scan(tier.size_ms, from_, to_);
      if (!scan.ok()) return scan.status();
      if (scan->buckets.empty()) continue;
      first = std::min(first, std::max(from_, scan->buckets.front().aggregate.first_ts_ms()));
      last = std::max(last, std::min(to_, scan->buckets.front().aggregate.last_ts_ms()));
    }
    if (first > last) return Status::Ok();
  }
  for (int64_t start = query_.period->StartOf(first); start <= last; start = query_.period->NextStart(start)) {
    if (starts_.size() == kMaxBuckets) return TooManyBuckets();
    starts_.push_back(start);
  }
  return Status::Ok();
}

// All in one.
Result<WindowsAnswer> Plan::Scan(int64_t size_ms, int64_t from, int64_t to) const {
  return view_.ReadWindows(query_.selector, {.size_ms = size_ms, .from_ms = from, .to_ms = to});
}

// As they are asked for, to the end of the range.
Result<WindowsAnswer> Plan::ScanBuckets(const Tier& tier, int64_t from) const {
  WindowRange range{.size_ms = tier.size_ms, .from_ms = from, .to_ms = to_, .bucket_ms = fixed_ms_};
  if (calendar_) {
    const int64_t divides_from = DividesFrom(tier);
    // The bucket that `from` lies in goes with it, though it began before.
    auto start = std::upper_bound(starts_.begin(), starts_.end(), from);
    if (start != starts_.begin() && *std::prev(start) >= divides_from) --start;
    start = std::lower_bound(start, starts_.end(), divides_from);
    if (start == starts_.end()) return WindowsAnswer{};
    range.bucket_starts.assign(start, starts_.end());
    range.from_ms = std::max(from, range.bucket_starts.front());
  }
  return view_.ReadWindows(query_.selector, range);
}

// Only the windows at the two edges can be cut, so they are asked first: a long range is not scanned in a tier that
// will not do.
Result<Plan::Candidate> Plan::Examine(const Tier& tier) const {
  Candidate candidate{.tier = tier};
  const int64_t divides_from = DividesFrom(tier);
  auto take = [&](const WindowsAnswer& scan) {
    candidate.complete_from_ms = std::max(scan.complete_from_ms, divides_from);
    candidate.retains = Retains(tier, candidate.complete_from_ms);
    candidate.cut = candidate.cut || scan.cut;
  };
  auto look = [&](int64_t from, int64_t to) -> Status {
    Result<WindowsAnswer> edge = Scan(tier.size_ms, from, to);
    if (edge.ok()) take(*edge);
    return edge.status();
  };
  if (first_ != kBeginningOfTime) {
    ODOMETER_RETURN_IF_ERROR(look(from_, std::min(to_, tier.WindowStart(first_) + tier.size_ms - 1)));
    if (!candidate.retains || candidate.cut) return candidate;
  }
  if (to_ != kForever && last_ == to_) {
    ODOMETER_RETURN_IF_ERROR(look(std::max(from_, tier.WindowStart(to_)), to_));
    if (!candidate.retains || candidate.cut) return candidate;
  }
  Result<WindowsAnswer> scan = ScanBuckets(tier, from_);
  if (!scan.ok()) return scan.status();
  take(*scan);
  candidate.answer = std::move(scan).value();
  return candidate;
}

Result<RangeAnswer> Plan::AnswerFrom(Candidate candidate) const {
  if (!candidate.answer) {
    Result<WindowsAnswer> scan = ScanBuckets(candidate.tier, from_);
    if (!scan.ok()) return scan.status();
    candidate.answer = std::move(scan).value();
  }
  return Make(std::move(*candidate.answer), candidate.tier.size_ms);
}

// Nothing that could answer keeps all of the range.
Result<RangeAnswer> Plan::AnswerBeyondRetention(const Candidate& longest) const {
  const int64_t complete_from = longest.complete_from_ms;
  if (query_.period && query_.from_ms) {
    Result<bool> lost = MayHaveEvents(first_, std::min(to_, complete_from - 1));
    if (!lost.ok()) return lost.status();
    if (*lost) return NotRetained(complete_from);
    return AnswerFrom(longest);
  }
  // A bucket that began before would show less than there was.
  const int64_t start = query_.period ? query_.period->StartFrom(complete_from) : complete_from;
  RangeAnswer answer{.resolution_ms = longest.tier.size_ms};
  if (start <= to_) {
    Result<WindowsAnswer> scan = ScanBuckets(longest.tier, std::max(from_, start));
    if (!scan.ok()) return scan.status();
    answer = Make(std::move(scan).value(), longest.tier.size_ms);
  }
  answer.retained_from_ms = start;
  return answer;
}

// As the finest tier that keeps that time knows; true when none does.
Result<bool> Plan::MayHaveEvents(int64_t from, int64_t to) const {
  for (const Tier& tier : tiers_.windows) {
    Result<WindowsAnswer> scan = Scan(tier.size_ms, from, to);
    if (!scan.ok()) return scan.status();
    if (Retains(tier, scan->complete_from_ms)) return !scan->buckets.empty();
  }
  return true;
}

bool Plan::Retains(const Tier& tier, int64_t complete_from_ms) const {
  if (complete_from_ms == kBeginningOfTime) return true;
  return first_ != kBeginningOfTime && tier.WindowStart(first_) >= complete_from_ms;
}

Status Plan::NoTierDivides() const {
  if (tiers_.windows.empty()) return Status::Invalid("no windows are kept, only totals: there are no points");
  const std::string beginning = "no window size divides a period of " + query_.period->ToString();
  if (calendar_) return Status::Invalid(beginning + ": it needs windows of " + FormatDuration(NeededSize()));
  // Sizes divide each other, so what the finest divides is all that works.
  int64_t step_ms = std::lcm(tiers_.windows.front().size_ms, int64_t{1000});
  return Status::Invalid(beginning + "; periods that work: multiples of " + Seconds(step_ms) + " s");
}

Status Plan::NotRetained(int64_t from) const {
  const std::string message = "a period of " + query_.period->ToString() + " is kept only from " +
                              std::to_string(query_.period->StartFrom(from)) + " on; further back ";
  if (calendar_) {
    return Status::Invalid(message + "it needs windows of " + FormatDuration(NeededSize()) +
                           ", or finer, that are kept for longer");
  }
  std::string coarser;
  for (const Tier& tier : tiers_.windows) {
    Result<WindowsAnswer> look = Scan(tier.size_ms, first_, first_);
    if (!look.ok()) return look.status();
    if (!Retains(tier, look->complete_from_ms)) continue;
    if (!coarser.empty()) coarser += " or ";
    coarser += Seconds(std::lcm(tier.size_ms, int64_t{1000})) + " s";
  }
  return Status::Invalid(message + (coarser.empty() ? "there are no points" : "work multiples of " + coarser));
}

bool Plan::Divides(const Tier& tier) const {
  if (calendar_) return starts_.empty() || starts_.back() % tier.size_ms == 0;
  return fixed_ms_ % tier.size_ms == 0;
}

int64_t Plan::DividesFrom(const Tier& tier) const {
  auto cut = std::find_if(starts_.rbegin(), starts_.rend(), [&](int64_t start) { return start % tier.size_ms != 0; });
  return cut == starts_.rend() ? kBeginningOfTime : *cut.base();
}

int64_t Plan::NeededSize() const {
  constexpr int64_t kHourMs = 3'600'000;  // zones differ by less
  return std::accumulate(starts_.begin(), starts_.end(), kHourMs, std::gcd<int64_t, int64_t>);
}

const Tier* Plan::CoarsestThatDivides() const {
  auto found = std::find_if(tiers_.windows.rbegin(), tiers_.windows.rend(),
                            [&](const Tier& tier) { return Divides(tier); });
  return found == tiers_.windows.rend() ? nullptr : &*found;
}

RangeAnswer Plan::Make(WindowsAnswer answer, int64_t resolution_ms) {
  return {.buckets = std::move(answer.buckets), .resolution_ms = resolution_ms};
}

}  // namespace

Result<RangeAnswer> ReadRange(const TierSet& tiers, StateView* view, const RangeQuery& query) {
  return Plan(tiers, view, query).Run();
}

}  // namespace odometer
