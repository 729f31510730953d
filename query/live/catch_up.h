// Brings clients that resume from an earlier place up to the present, by reading the log again. One reading serves all
// who need the same part of it; everybody gets it at the pace at which they take it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/base/mutex.h"
#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/log_reader.h"
#include "query/live/live_hub.h"

namespace odometer {

using NewReader = std::function<Result<std::unique_ptr<LogReader>>()>;

// Thread-safe.
class CatchUp {
 public:
  // All must outlive it.
  CatchUp(std::string topic, NewReader new_reader, Admin* admin, LiveHub* hub)
      : topic_(std::move(topic)), new_reader_(std::move(new_reader)), admin_(admin), hub_(hub) {}
  ~CatchUp() { Stop(); }

  void Start();
  void Stop();
  // Somebody may be behind.
  void Wake();

  // One step; false when nothing could be done.
  bool RunOnce();

 private:
  void Run();
  Status Read(const LiveHub::Span& span);
  Status SkipMissing(const LiveHub::Span& span);

  const std::string topic_;
  const NewReader new_reader_;
  Admin* const admin_;
  LiveHub* const hub_;
  std::unique_ptr<LogReader> reader_;  // the thread's own, as the decoder
  EventDecoder decoder_;

  Mutex mutex_;
  CondVar wake_;
  bool woken_ ODOMETER_GUARDED_BY(mutex_) = false;
  bool stopping_ ODOMETER_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace odometer
