#include "common/base/status.h"

namespace odometer {

std::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid: return "invalid";
    case ErrorKind::kNotFound: return "not found";
    case ErrorKind::kRetry: return "retry";
    case ErrorKind::kAbort: return "abort";
    case ErrorKind::kRecover: return "recover";
    case ErrorKind::kStop: return "stop";
  }
  return "unknown";
}

Status Status::WithContext(std::string_view context) const {
  if (ok()) return *this;
  return {kind(), std::string(context) + ": " + message()};
}

std::string Status::ToString() const {
  if (ok()) return "OK";
  return std::string(ErrorKindName(kind())) + ": " + message();
}

}  // namespace odometer
