// What the RocksDB stores share: the reading half, options, and the meaning of errors. Only for this folder; RocksDB's
// own headers stay in the .cc files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/store.h"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
class DB;
class Status;
struct ColumnFamilyOptions;
struct DBOptions;
}  // namespace rocksdb

namespace odometer {

// `path` is named in what the operator reads. NotFound → kNotFound, a full disk → kRetry, all else → kStop.
Status FromRocks(const rocksdb::Status& status, const std::string& path);

// An open database with the handles of its families: `handles[i]` is family i, those beyond `families` are open only
// because RocksDB wants all of them. Closes on destruction. Thread-safe.
class RocksDatabase {
 public:
  RocksDatabase(std::string path, rocksdb::DB* db, std::vector<rocksdb::ColumnFamilyHandle*> handles,
                std::vector<std::string> families, std::shared_ptr<rocksdb::Cache> cache);
  ~RocksDatabase();
  RocksDatabase(const RocksDatabase&) = delete;
  RocksDatabase& operator=(const RocksDatabase&) = delete;

  Status Get(FamilyId family, std::string_view key, std::string* value) const;
  // With a snapshot, as a store needs that is being written; without, for one that only CatchUp() changes.
  std::unique_ptr<StoreView> View(bool snapshot) const;
  uint64_t DiskBytes() const;
  uint64_t MemoryBytes() const;

  const std::string& path() const { return path_; }
  const std::vector<std::string>& families() const { return families_; }
  rocksdb::DB* db() const { return db_.get(); }
  rocksdb::ColumnFamilyHandle* handle(FamilyId family) const { return handles_.at(family); }

 private:
  const std::string path_;
  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  const std::vector<std::string> families_;
  const std::shared_ptr<rocksdb::Cache> cache_;
};

// Options that reading needs as much as writing.
rocksdb::DBOptions BaseDatabaseOptions();
rocksdb::ColumnFamilyOptions BaseFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace odometer
