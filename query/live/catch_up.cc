#include "query/live/catch_up.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"

namespace odometer {
namespace {

// Then the next one, who may need another part, has its turn.
constexpr int kRecordsPerTurn = 5'000;
// While clients are behind and none of them takes more.
constexpr int64_t kPaceMs = 20;
constexpr int64_t kRetryMs = 500;

}  // namespace

void CatchUp::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CatchUp::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void CatchUp::Wake() {
  MutexLock lock(mutex_);
  woken_ = true;
  wake_.NotifyOne();
}

void CatchUp::Run() {
  for (;;) {
    const bool worked = RunOnce();
    MutexLock lock(mutex_);
    if (stopping_) return;
    if (worked) continue;
    if (!std::exchange(woken_, false)) wake_.WaitFor(mutex_, hub_->AnyBehind() ? kPaceMs : kRetryMs);
    if (stopping_) return;
  }
}

bool CatchUp::RunOnce() {
  std::optional<LiveHub::Span> span = hub_->NextSpan();
  if (!span) {
    if (!hub_->AnyBehind()) reader_.reset();
    return false;
  }
  Status status = Read(*span);
  if (status.Is(ErrorKind::kStop)) status = SkipMissing(*span);
  if (status.ok()) return true;
  LogWarn("live", "the log cannot be read for a client that resumes: {}", status.ToString());
  reader_.reset();
  return false;
}

Status CatchUp::Read(const LiveHub::Span& span) {
  if (reader_ == nullptr) {
    Result<std::unique_ptr<LogReader>> reader = new_reader_();
    if (!reader.ok()) return reader.status();
    reader_ = std::move(*reader);
  }
  int records = 0;
  int64_t reached = span.from;
  bool turn_over = false;
  Status status = reader_->Read({topic_, span.partition}, span.from, span.end, [&](const RecordView& record) {
    turn_over = records++ == kRecordsPerTurn;
    LiveRecord read = turn_over ? LiveRecord{} : ReadLiveRecord(record, &decoder_);
    if (!turn_over && read.event) turn_over = !hub_->Replay(span, *read.event);
    // The record that ends the turn was not told to anybody who is not ahead of it.
    if (turn_over) return Status::Retry("others have their turn");
    reached = record.offset + 1;
    return Status::Ok();
  });
  if (status.ok()) reached = span.end;
  hub_->Replayed(span, reached);
  return turn_over ? Status::Ok() : status;
}

Status CatchUp::SkipMissing(const LiveHub::Span& span) {
  Result<OffsetRange> range = admin_->Offsets({topic_, span.partition});
  if (!range.ok()) return range.status();
  if (range->begin <= span.from) return Status::Retry("the log is being cut");
  hub_->NotThere(span, std::min(range->begin, span.end));
  return Status::Ok();
}

}  // namespace odometer
