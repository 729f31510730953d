// Time zones by their IANA names, with the rules of the system's tzdata, which a process reads once. Its files name
// each change of the clock up to 2037; later times are taken to have the offset of the last one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/status.h"

namespace date {
class time_zone;
}

namespace odometer {

// UTC, or what Find gives. Local times are ms too, as if the zone's clock showed UTC. Immutable: any thread may use it.
class TimeZone {
 public:
  TimeZone() = default;

  // kInvalid: there is none of that name; the message names the nearest. Only UTC needs no tzdata.
  static Result<TimeZone> Find(std::string_view name);

  const std::string& name() const { return name_; }

  // What the zone's clock shows at that time. Requires a time of the years 1 to 9999.
  int64_t ToLocal(int64_t ts_ms) const;
  // When the zone's clock first shows that time, or where it leaps over it the leap: the same instants, or equal ones,
  // ascend with the local times. Requires a local time of about these years.
  int64_t FirstInstantOf(int64_t local_ms) const;

  friend auto operator<=>(const TimeZone& a, const TimeZone& b) { return a.name_ <=> b.name_; }
  friend bool operator==(const TimeZone& a, const TimeZone& b) { return a.name_ == b.name_; }

 private:
  TimeZone(std::string name, const date::time_zone* zone) : name_(std::move(name)), zone_(zone) {}

  std::string name_ = "UTC";
  const date::time_zone* zone_ = nullptr;  // of the library's database, which lives as long as the process; null: UTC
};

}  // namespace odometer
