// The store on RocksDB: one database per instance, a shared block cache and write-buffer budget, write-ahead log on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/store/store.h"

namespace odometer {

struct RocksStoreOptions {
  std::string path;
  std::vector<std::string> families;  // FamilyId is the index here
  uint64_t block_cache_bytes = 64ull << 20;
  uint64_t write_buffer_bytes = 64ull << 20;  // of all families together
  std::shared_ptr<const StoreExpiry> expiry;  // null: nothing expires
};

class PrimaryStore : public Store {
 public:
  // Shrinks or grows the block cache; what no longer fits is dropped as it is released. Thread-safe.
  virtual void SetBlockCacheBytes(uint64_t bytes) = 0;
};

// Opens for reading and writing, creating the folder and what families are missing. Families that the database has
// and the options do not name are kept untouched.
// kStop when another process has it open (names the lock), or when it is corrupt.
Result<std::unique_ptr<PrimaryStore>> OpenRocksStore(const RocksStoreOptions& options);

// A read-only follower of a database that another process may be writing: RocksDB's secondary instance.
// Write() fails with kInvalid.
class SecondaryStore : public Store {
 public:
  // Takes over what the primary has written since. Thread-safe, but not together with reads that are under way.
  // A flush of the primary at that very moment may show in one family earlier than in another, until the next call.
  virtual Status CatchUp() = 0;
};
// `log_path`: a folder of our own for RocksDB's info log. kRetry when the database is not there yet.
Result<std::unique_ptr<SecondaryStore>> OpenRocksSecondary(const std::string& path, const std::string& log_path,
                                                           const std::vector<std::string>& families);

}  // namespace odometer
