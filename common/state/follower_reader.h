// Reads the processor's database from outside, as a RocksDB secondary that is opened when first needed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/model/tier.h"
#include "common/state/state_reader.h"

namespace odometer {

struct FollowerReaderOptions {
  std::string database_path;
  std::string log_path;
  TierSet tiers;
  int64_t events_retention_ms = kForever;
  int64_t catch_up_ms = 100;
  int64_t max_stale_ms = 2'000;
};

// Thread-safe. Takes over what the processor has written once its knowledge is older than catch_up_ms, but not while
// somebody reads, because RocksDB does not allow both at once: views given out meanwhile are up to max_stale_ms old;
// after that new ones wait until nobody reads.
class FollowerReader : public StateReader {
 public:
  // Closes the database unless it is being read just now; then the caller may try again. Does not wait.
  virtual void CloseIfIdle() = 0;
  virtual bool IsOpen() const = 0;
};

// kRetry for a view when the database cannot be opened (yet), kStop when it was written with other tiers.
// `clock` must outlive it.
std::unique_ptr<FollowerReader> NewFollowerReader(FollowerReaderOptions options, const Clock* clock);

}  // namespace odometer
