// period_starts: of each line "ZONE PERIOD FROM TO" of the standard input one line with the starts of that period's
// buckets from FROM to TO, in seconds since 1970, which compare.py compares with what Python makes of the same zone.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "common/model/period.h"

int main() {
  std::string name, unit;
  int64_t from = 0, to = 0;
  while (std::cin >> name >> unit >> from >> to) {
    odometer::Result<odometer::TimeZone> zone = odometer::TimeZone::Find(name);
    if (!zone.ok()) {
      std::cout << zone.status().message() << "\n";
      continue;
    }
    const auto period = odometer::Period::Calendar(odometer::ParseCalendarUnit(unit).value(), *zone);
    int64_t start_ms = period.StartOf(from * 1000);
    while (start_ms <= to * 1000) {
      const int64_t next_ms = period.NextStart(start_ms);
      if (period.StartOf(start_ms) != start_ms || period.StartOf(next_ms - 1) != start_ms) std::abort();
      std::cout << start_ms / 1000 << " ";
      start_ms = next_ms;
    }
    std::cout << "\n";
  }
}
