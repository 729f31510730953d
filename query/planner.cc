#include "query/planner.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace odometer {
namespace {

// The first multiple of `step` that is not before.
int64_t RoundUp(int64_t ms, int64_t step) {
  int64_t start = Tier{.size_ms = step}.WindowStart(ms);
  return start == ms ? ms : start + step;
}

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
        first_(from_),
        last_(to_) {}

  Result<RangeAnswer> Run();

 private:
  // What is known of a tier.
  struct Candidate {
    Tier tier;
    int64_t complete_from_ms = kBeginningOfTime;
    bool retains = false;  // all windows from first_ on
    bool cut = false;
    std::optional<WindowsAnswer> answer;  // absent while it was not worth a scan
  };

  Result<WindowsAnswer> Scan(int64_t size_ms, int64_t from, int64_t to, int64_t bucket_ms) const;
  Result<Candidate> Examine(const Tier& tier) const;
  Result<RangeAnswer> AnswerFrom(Candidate candidate) const;
  Result<RangeAnswer> AnswerBeyondRetention(const Candidate& longest) const;
  Result<bool> MayHaveEvents(int64_t from, int64_t to) const;
  bool Retains(const Tier& tier, int64_t complete_from_ms) const;
  Status NoTierDivides() const;
  Status NotRetained(int64_t from) const;
  // Null when there is none.
  const Tier* CoarsestThatDivides() const;
  static RangeAnswer Make(WindowsAnswer answer, int64_t resolution_ms);

  const TierSet& tiers_;
  StateView& view_;
  const RangeQuery& query_;
  const int64_t from_, to_;
  // The part of the range in which there are events, as far as the total tells.
  int64_t first_, last_;
};

Result<RangeAnswer> Plan::Run() {
  const Tier* coarsest = CoarsestThatDivides();
  const bool total_may_answer = tiers_.total && query_.bucket_ms == 0;
  if (coarsest == nullptr && !total_may_answer) return NoTierDivides();
  const RangeAnswer nothing{.resolution_ms = total_may_answer ? 0 : coarsest->size_ms};
  if (from_ > to_) return nothing;

  std::optional<WindowsAnswer> total;
  if (tiers_.total) {
    Result<WindowsAnswer> read = Scan(0, from_, to_, 0);
    if (!read.ok()) return read.status();
    if (read->buckets.empty()) return nothing;
    if (total_may_answer && !read->cut) return Make(std::move(read).value(), 0);
    const Aggregate& all = read->buckets.front().aggregate;
    first_ = std::max(from_, all.first_ts_ms());
    last_ = std::min(to_, all.last_ts_ms());
    total = std::move(read).value();
  }

  std::optional<Candidate> finest;   // that retains what is asked
  std::optional<Candidate> longest;  // that reaches back furthest, where none retains it
  for (auto tier = tiers_.windows.rbegin(); tier != tiers_.windows.rend(); ++tier) {
    if (query_.bucket_ms % tier->size_ms != 0) continue;
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

Result<WindowsAnswer> Plan::Scan(int64_t size_ms, int64_t from, int64_t to, int64_t bucket_ms) const {
  return view_.ReadWindows(query_.selector,
                             {.size_ms = size_ms, .from_ms = from, .to_ms = to, .bucket_ms = bucket_ms});
}

// Only the windows at the two edges can be cut, so they are asked first: a long range is not scanned in a tier that
// will not do.
Result<Plan::Candidate> Plan::Examine(const Tier& tier) const {
  Candidate candidate{.tier = tier};
  auto look = [&](int64_t from, int64_t to) -> Status {
    Result<WindowsAnswer> edge = Scan(tier.size_ms, from, to, 0);
    if (!edge.ok()) return edge.status();
    candidate.complete_from_ms = edge->complete_from_ms;
    candidate.retains = Retains(tier, edge->complete_from_ms);
    candidate.cut = candidate.cut || edge->cut;
    return Status::Ok();
  };
  if (first_ != kBeginningOfTime) {
    ODOMETER_RETURN_IF_ERROR(look(from_, std::min(to_, tier.WindowStart(first_) + tier.size_ms - 1)));
    if (!candidate.retains || candidate.cut) return candidate;
  }
  if (to_ != kForever && last_ == to_) {
    ODOMETER_RETURN_IF_ERROR(look(std::max(from_, tier.WindowStart(to_)), to_));
    if (!candidate.retains || candidate.cut) return candidate;
  }
  Result<WindowsAnswer> scan = Scan(tier.size_ms, from_, to_, query_.bucket_ms);
  if (!scan.ok()) return scan.status();
  candidate.complete_from_ms = scan->complete_from_ms;
  candidate.retains = Retains(tier, scan->complete_from_ms);
  candidate.cut = scan->cut;
  candidate.answer = std::move(scan).value();
  return candidate;
}

Result<RangeAnswer> Plan::AnswerFrom(Candidate candidate) const {
  if (!candidate.answer) {
    Result<WindowsAnswer> scan = Scan(candidate.tier.size_ms, from_, to_, query_.bucket_ms);
    if (!scan.ok()) return scan.status();
    candidate.answer = std::move(scan).value();
  }
  return Make(std::move(*candidate.answer), candidate.tier.size_ms);
}

// Nothing that could answer keeps all of the range.
Result<RangeAnswer> Plan::AnswerBeyondRetention(const Candidate& longest) const {
  const int64_t complete_from = longest.complete_from_ms;
  if (query_.bucket_ms != 0 && query_.from_ms) {
    Result<bool> lost = MayHaveEvents(first_, std::min(to_, complete_from - 1));
    if (!lost.ok()) return lost.status();
    if (*lost) return NotRetained(complete_from);
    return AnswerFrom(longest);
  }
  // A bucket that began before would show less than there was.
  const int64_t start = query_.bucket_ms == 0 ? complete_from : RoundUp(complete_from, query_.bucket_ms);
  RangeAnswer answer{.resolution_ms = longest.tier.size_ms};
  if (start <= to_) {
    Result<WindowsAnswer> scan = Scan(longest.tier.size_ms, std::max(from_, start), to_, query_.bucket_ms);
    if (!scan.ok()) return scan.status();
    answer = Make(std::move(scan).value(), longest.tier.size_ms);
  }
  answer.retained_from_ms = start;
  return answer;
}

// As the finest tier that keeps that time knows; true when none does.
Result<bool> Plan::MayHaveEvents(int64_t from, int64_t to) const {
  for (const Tier& tier : tiers_.windows) {
    Result<WindowsAnswer> scan = Scan(tier.size_ms, from, to, 0);
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
  // Sizes divide each other, so what the finest divides is all that works.
  int64_t step_ms = std::lcm(tiers_.windows.front().size_ms, int64_t{1000});
  return Status::Invalid("no window size divides a period of " + Seconds(query_.bucket_ms) +
                         " s; periods that work: multiples of " + Seconds(step_ms) + " s");
}

Status Plan::NotRetained(int64_t from) const {
  std::string message = "a period of " + Seconds(query_.bucket_ms) + " s is kept only from " +
                        std::to_string(RoundUp(from, query_.bucket_ms)) + " on; further back ";
  std::string coarser;
  for (const Tier& tier : tiers_.windows) {
    Result<WindowsAnswer> look = Scan(tier.size_ms, first_, first_, 0);
    if (!look.ok()) return look.status();
    if (!Retains(tier, look->complete_from_ms)) continue;
    if (!coarser.empty()) coarser += " or ";
    coarser += Seconds(std::lcm(tier.size_ms, int64_t{1000})) + " s";
  }
  return Status::Invalid(message + (coarser.empty() ? "there are no points" : "work multiples of " + coarser));
}

const Tier* Plan::CoarsestThatDivides() const {
  auto found = std::find_if(tiers_.windows.rbegin(), tiers_.windows.rend(),
                            [&](const Tier& tier) { return query_.bucket_ms % tier.size_ms == 0; });
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
