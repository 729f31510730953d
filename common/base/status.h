// Expected failures as values. An error's kind names the reaction that it asks for, not what broke.
//
// Thread safety: values; safe to copy and move between threads, not to change from two at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace odometer {

enum class ErrorKind {
  kInvalid,   // The caller's input is wrong: report it, do not try again.
  kNotFound,  // The thing asked for is not there.
  kRetry,     // Passing trouble: the same call may be tried again.
  kAbort,     // The transaction must be aborted; its deltas are kept and committed again.
  kRecover,   // State in memory is no longer trustworthy: drop it, restore from the log.
  kStop,      // Going on could lose or double data: stop and tell the operator.
};

std::string_view ErrorKindName(ErrorKind kind);

class [[nodiscard]] Status {
 public:
  Status() = default;  // OK
  Status(ErrorKind kind, std::string message) : error_(Error{kind, std::move(message)}) {}

  static Status Ok() { return {}; }
  static Status Invalid(std::string message) { return {ErrorKind::kInvalid, std::move(message)}; }
  static Status NotFound(std::string message) { return {ErrorKind::kNotFound, std::move(message)}; }
  static Status Retry(std::string message) { return {ErrorKind::kRetry, std::move(message)}; }
  static Status Abort(std::string message) { return {ErrorKind::kAbort, std::move(message)}; }
  static Status Recover(std::string message) { return {ErrorKind::kRecover, std::move(message)}; }
  static Status Stop(std::string message) { return {ErrorKind::kStop, std::move(message)}; }

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }

  // Only of an error: kind() and message() of OK are a programming mistake.
  ErrorKind kind() const { return error_->kind; }
  const std::string& message() const { return error_->message; }
  bool Is(ErrorKind kind) const { return error_ && error_->kind == kind; }

  // The same error with "context: " before its message; OK stays OK.
  Status WithContext(std::string_view context) const;

  // "OK", or "<kind>: <message>".
  std::string ToString() const;

 private:
  struct Error {
    ErrorKind kind;
    std::string message;
  };
  std::optional<Error> error_;
};

// A value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}           // NOLINT: implicit on purpose
  Result(Status error) : state_(std::in_place_index<1>, std::move(error)) {}      // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only when ok().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Status status() const { return ok() ? Status::Ok() : std::get<1>(state_); }

 private:
  std::variant<T, Status> state_;
};

// Leaves the calling function with the error of `expression`, if it has one.
#define ODOMETER_RETURN_IF_ERROR(expression)                              \
  do {                                                                    \
    if (::odometer::Status odometer_status = (expression); !odometer_status.ok()) return odometer_status; \
  } while (false)

}  // namespace odometer
