// Places at which a test makes a real process die, or a call fail, whatever the broker and the disk would do. Only where
// ODOMETER_FAILPOINTS is defined, as in the binary that tests/failpoints builds: in all others a step is its call and nothing else.
//
// The environment variable FAILPOINTS names what is to happen, separated by ';':
//   FAILPOINTS="commit.flush.before=die; restore.read.after=retry@3"
// Each is <step>.<before|after>=<action>[@<n>]: at the n-th passing (the first unless given), and once only. Actions: die
// (as by kill -9), and the errors invalid, retry, abort, recover and stop. `before`: the call is not made. `after`: it had
// its effect. A line on standard error tells of each that has fired.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "common/base/status.h"

namespace odometer {

#ifdef ODOMETER_FAILPOINTS

enum class FailpointMoment { kBefore, kAfter };
// The error that is due here; OK when nothing is. Thread-safe.
Status Failpoint(std::string_view step, FailpointMoment moment);

// Makes the call, which returns a Status, as the step of that name.
template <typename Call>
Status AsStep(std::string_view step, Call&& call) {
  ODOMETER_RETURN_IF_ERROR(Failpoint(step, FailpointMoment::kBefore));
  ODOMETER_RETURN_IF_ERROR(std::forward<Call>(call)());
  return Failpoint(step, FailpointMoment::kAfter);
}

#else

// Keeps nothing of the name, so that it is in no binary.
struct StepName {
  template <size_t size>
  consteval StepName(const char (&)[size]) {}  // NOLINT: implicit on purpose
};

template <typename Call>
Status AsStep(StepName, Call&& call) {
  return std::forward<Call>(call)();
}

#endif

}  // namespace odometer
