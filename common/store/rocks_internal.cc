#include "common/store/rocks_internal.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "common/base/log.h"

namespace odometer {
namespace {

constexpr size_t kMaxLogLineBytes = 1024;

// RocksDB's warnings go to our log. A log file of its own beside the data ends the process on a full disk: the second
// line that does not fit fails an assertion (7.8.3).
class RocksLog final : public rocksdb::Logger {
 public:
  RocksLog() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  void Logv(const char* format, va_list arguments) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < GetInfoLogLevel()) return;
    std::array<char, kMaxLogLineBytes> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    try {
      LogWarn("rocksdb", "{}", line.data());
    } catch (...) {
      return;  // no exception may reach RocksDB's threads
    }
  }
};

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

class RocksIterator final : public StoreIterator {
 public:
  RocksIterator(const RocksDatabase& database, FamilyId family, const rocksdb::Snapshot* snapshot,
                std::string_view lower, std::string_view upper)
      : database_(database), lower_(lower), upper_(upper), lower_slice_(lower_), upper_slice_(upper_) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &lower_slice_;
    if (!upper_.empty()) options.iterate_upper_bound = &upper_slice_;
    iterator_.reset(database.db()->NewIterator(options, database.handle(family)));
    iterator_->Seek(lower_slice_);
  }
  bool Valid() const override { return iterator_->Valid(); }
  void Next() override { iterator_->Next(); }
  // RocksDB itself lifts a target below the lower bound up to it.
  void Seek(std::string_view key) override { iterator_->Seek(ToSlice(key)); }
  std::string_view Key() const override { return ToView(iterator_->key()); }
  std::string_view Value() const override { return ToView(iterator_->value()); }
  Status status() const override { return FromRocks(iterator_->status(), database_.path()); }

 private:
  const RocksDatabase& database_;
  const std::string lower_, upper_;  // RocksDB keeps pointers to the slices, and these to the bytes
  const rocksdb::Slice lower_slice_, upper_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

class RocksView final : public StoreView {
 public:
  RocksView(const RocksDatabase& database, bool snapshot)
      : database_(database), snapshot_(snapshot ? database.db()->GetSnapshot() : nullptr) {}
  ~RocksView() override {
    if (snapshot_ != nullptr) database_.db()->ReleaseSnapshot(snapshot_);
  }
  RocksView(const RocksView&) = delete;
  RocksView& operator=(const RocksView&) = delete;

  Status Get(FamilyId family, std::string_view key, std::string* value) const override {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    return FromRocks(database_.db()->Get(options, database_.handle(family), ToSlice(key), value), database_.path());
  }
  std::unique_ptr<StoreIterator> Scan(FamilyId family, std::string_view lower, std::string_view upper) const override {
    return std::make_unique<RocksIterator>(database_, family, snapshot_, lower, upper);
  }

 private:
  const RocksDatabase& database_;
  const rocksdb::Snapshot* const snapshot_;
};

}  // namespace

Status FromRocks(const rocksdb::Status& status, const std::string& path) {
  if (status.ok()) return Status::Ok();
  if (status.IsNotFound()) return Status::NotFound("");
  std::string text = status.ToString();
  if (status.IsNoSpace()) return Status::Retry("the disk of " + path + " is full: make room (" + text + ")");
  if (status.IsCorruption()) {
    return Status::Stop("the store in " + path + " is damaged (" + text +
                        "): move that folder away and start again; it is then restored from the changelogs");
  }
  return Status::Stop("the store in " + path + " cannot be used (" + text +
                      "): check the disk and the folder's permissions, then start again");
}

RocksDatabase::RocksDatabase(std::string path, rocksdb::DB* db, std::vector<rocksdb::ColumnFamilyHandle*> handles,
                             std::vector<std::string> families, std::shared_ptr<rocksdb::Cache> cache)
    : path_(std::move(path)),
      db_(db),
      handles_(std::move(handles)),
      families_(std::move(families)),
      cache_(std::move(cache)) {}

RocksDatabase::~RocksDatabase() {
  for (rocksdb::ColumnFamilyHandle* handle : handles_) {
    // Fails only for a handle that is not this database's.
    db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  // What was written is in the write-ahead log; there is nothing that could be done about a failing close.
  db_->Close().PermitUncheckedError();
}

Status RocksDatabase::Get(FamilyId family, std::string_view key, std::string* value) const {
  return FromRocks(db_->Get(rocksdb::ReadOptions(), handle(family), ToSlice(key), value), path_);
}

std::unique_ptr<StoreView> RocksDatabase::View(bool snapshot) const {
  return std::make_unique<RocksView>(*this, snapshot);
}

uint64_t RocksDatabase::DiskBytes() const {
  uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(path_, error), end; !error && at != end; at.increment(error)) {
    std::error_code gone;  // compaction removes files meanwhile
    uint64_t size = at->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

uint64_t RocksDatabase::MemoryBytes() const {
  uint64_t readers = 0;
  db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kEstimateTableReadersMem, &readers);
  return cache_->GetUsage() + readers;
}

rocksdb::DBOptions BaseDatabaseOptions() {
  rocksdb::DBOptions options;
  // A secondary needs all files open, or it loses those that the primary deletes. For the primary it is cheap: what
  // grows with a file, its index and filter, is in the block cache.
  options.max_open_files = -1;
  options.info_log = std::make_shared<RocksLog>();
  options.stats_dump_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions BaseFamilyOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 8 << 10;
  table.format_version = 5;
  // Index and filter count against the cache, in pieces that can be dropped one by one: memory stays bounded however
  // large the store grows.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.partition_filters = true;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_top_level_index_and_filter = true;

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;
  return options;
}

}  // namespace odometer
