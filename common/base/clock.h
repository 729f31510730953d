// Time as a parameter. Logic never asks the system for the time: it is given a Clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace odometer {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Milliseconds since 1970-01-01 UTC, by the wall clock. May jump.
  virtual int64_t WallMs() const = 0;
  // Milliseconds since an arbitrary start; never goes back.
  virtual int64_t SteadyMs() const = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t WallMs() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  int64_t SteadyMs() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
};

// A clock that moves only when told to; for tests and simulation.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t wall_ms = 1'700'000'000'000) : wall_ms_(wall_ms) {}

  int64_t WallMs() const override { return wall_ms_; }
  int64_t SteadyMs() const override { return steady_ms_; }

  void Advance(int64_t ms) {
    wall_ms_ += ms;
    steady_ms_ += ms;
  }

 private:
  std::atomic<int64_t> wall_ms_;
  std::atomic<int64_t> steady_ms_{0};
};

}  // namespace odometer
