#include "common/model/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <map>

#include "common/base/ascii.h"
#include "common/base/nearest_word.h"

namespace odometer {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Not a zone but this machine's own, so another one on each.
constexpr std::string_view kLocalTime = "localtime";
constexpr size_t kMaxNameBytes = 64;  // to which the nearest name is looked for

date::sys_seconds ToSeconds(int64_t ts_ms) { return floor<seconds>(date::sys_time<milliseconds>(milliseconds(ts_ms))); }

int64_t ToMs(date::sys_seconds time) { return milliseconds(time.time_since_epoch()).count(); }

const date::time_zone* FindZone(const date::tzdb& database, std::string_view name) {
  if (name == kLocalTime) return nullptr;
  auto found = std::find_if(database.zones.begin(), database.zones.end(),
                            [&](const date::time_zone& zone) { return zone.name() == name; });
  return found == database.zones.end() ? nullptr : &*found;
}

// Files in the "slim" form give the years ahead as a rule that the library does not read: every summer would be a
// winter.
bool KnowsYearsAhead(const date::tzdb& database) {
  auto has_summer = [&](std::string_view name) {
    const date::time_zone* zone = FindZone(database, name);
    if (zone == nullptr) return false;
    auto offset = [&](unsigned month) {
      return zone->get_info(date::sys_seconds(date::sys_days(date::year(2036) / date::month(month) / 1))).offset;
    };
    return offset(1) != offset(7);
  };
  return has_summer("Europe/Berlin") || has_summer("America/New_York");
}

// Of a name without a region the city alone is compared too.
std::string NearestZone(const date::tzdb& database, std::string_view name) {
  std::map<std::string, std::string> known;
  for (const date::time_zone& zone : database.zones) {
    if (zone.name() == kLocalTime) continue;
    const std::string lower = ToLower(zone.name());
    known.try_emplace(lower, zone.name());
    if (name.find('/') == std::string_view::npos) known.try_emplace(lower.substr(lower.rfind('/') + 1), zone.name());
  }
  return known[NearestKey(ToLower(name.substr(0, kMaxNameBytes)), known)];
}

}  // namespace

Result<TimeZone> TimeZone::Find(std::string_view name) {
  if (name == TimeZone().name()) return TimeZone();
  try {
    const date::tzdb& database = date::get_tzdb();
    static const bool knows_years_ahead = KnowsYearsAhead(database);
    if (!knows_years_ahead) {
      return Status::Invalid("only UTC is known: the time-zone files of this machine lack the years ahead");
    }
    const date::time_zone* zone = FindZone(database, name);
    if (zone == nullptr) return Status::Invalid("unknown time zone; the nearest is " + NearestZone(database, name));
    zone->get_info(date::sys_seconds());  // reads its file, so that nothing can fail later
    return TimeZone(std::string(name), zone);
  } catch (const std::exception& error) {
    return Status::Invalid(std::string("only UTC is known: the time-zone files of this machine cannot be read: ") +
                           error.what());
  }
}

int64_t TimeZone::ToLocal(int64_t ts_ms) const {
  if (zone_ == nullptr) return ts_ms;
  return ts_ms + milliseconds(zone_->get_info(ToSeconds(ts_ms)).offset).count();
}

int64_t TimeZone::FirstInstantOf(int64_t local_ms) const {
  if (zone_ == nullptr) return local_ms;
  const date::local_seconds local(ToSeconds(local_ms).time_since_epoch());
  const date::local_info info = zone_->get_info(local);
  // Where the clock goes back over a time `first` is how it was before.
  if (info.result == date::local_info::nonexistent) return ToMs(info.first.end);
  return local_ms - milliseconds(info.first.offset).count();
}

}  // namespace odometer
