#include "common/store/rocks_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <utility>

#include "common/base/log.h"
#include "common/store/rocks_internal.h"

namespace odometer {
namespace {

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

class ExpiryFilter final : public rocksdb::CompactionFilter {
 public:
  ExpiryFilter(FamilyId family, std::shared_ptr<const StoreExpiry> expiry)
      : family_(family), expiry_(std::move(expiry)) {}
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice&, std::string*, bool*) const override {
    try {
      return expiry_->Expired(family_, {key.data(), key.size()});
    } catch (...) {
      return false;  // no exception may reach RocksDB's threads; keeping an entry is always right
    }
  }
  const char* Name() const override { return "odometer.expiry"; }

 private:
  const FamilyId family_;
  const std::shared_ptr<const StoreExpiry> expiry_;
};

class ExpiryFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  ExpiryFilterFactory(FamilyId family, std::shared_ptr<const StoreExpiry> expiry)
      : family_(family), expiry_(std::move(expiry)) {}
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<ExpiryFilter>(family_, expiry_);
  }
  const char* Name() const override { return "odometer.expiry"; }

 private:
  const FamilyId family_;
  const std::shared_ptr<const StoreExpiry> expiry_;
};

// After a full disk RocksDB refuses writes, looks every few seconds whether there is room again, and goes on. When it
// was the log that found the disk full, that ends in a failed assertion (7.8.3: the log's writer keeps its error): then
// it must not try, and the store has to be opened anew.
class FullDiskListener final : public rocksdb::EventListener {
 public:
  explicit FullDiskListener(std::shared_ptr<std::atomic<bool>> log_failed) : log_failed_(std::move(log_failed)) {}
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status, bool* auto_recovery) override {
    if (reason != rocksdb::BackgroundErrorReason::kWriteCallback) return;
    *log_failed_ = true;
    *auto_recovery = false;
  }

 private:
  const std::shared_ptr<std::atomic<bool>> log_failed_;
};

class RocksBatch final : public StoreBatch {
 public:
  explicit RocksBatch(const RocksDatabase& database) : database_(database) {}
  // The statuses are for batches with a size limit, which this has not.
  void Put(FamilyId family, std::string_view key, std::string_view value) override {
    batch_.Put(database_.handle(family), ToSlice(key), ToSlice(value)).PermitUncheckedError();
  }
  void Delete(FamilyId family, std::string_view key) override {
    batch_.Delete(database_.handle(family), ToSlice(key)).PermitUncheckedError();
  }
  void DeleteRange(FamilyId family, std::string_view begin, std::string_view end) override {
    if (begin >= end) return;  // RocksDB would refuse the whole batch
    batch_.DeleteRange(database_.handle(family), ToSlice(begin), ToSlice(end)).PermitUncheckedError();
  }
  size_t Bytes() const override { return batch_.GetDataSize(); }

  rocksdb::WriteBatch* batch() { return &batch_; }

 private:
  const RocksDatabase& database_;
  rocksdb::WriteBatch batch_;
};

class RocksStore final : public PrimaryStore {
 public:
  RocksStore(std::unique_ptr<RocksDatabase> database, std::shared_ptr<std::atomic<bool>> log_failed,
             std::shared_ptr<rocksdb::Cache> cache, uint64_t write_buffer_bytes)
      : write_buffer_bytes_(write_buffer_bytes),
        log_failed_(std::move(log_failed)),
        cache_(std::move(cache)),
        database_(std::move(database)) {}

  Status Get(FamilyId family, std::string_view key, std::string* value) const override {
    return database_->Get(family, key, value);
  }
  std::unique_ptr<StoreView> View() const override { return database_->View(/*snapshot=*/true); }
  std::unique_ptr<StoreBatch> NewBatch() override { return std::make_unique<RocksBatch>(*database_); }

  Status Write(std::unique_ptr<StoreBatch> batch) override {
    Status status = FromRocks(
        database_->db()->Write(rocksdb::WriteOptions(), static_cast<RocksBatch&>(*batch).batch()), database_->path());
    if (status.Is(ErrorKind::kRetry) && *log_failed_) return Status::Stop(status.message() + ", then start again");
    return status;
  }

  const std::vector<std::string>& Families() const override { return database_->families(); }
  uint64_t DiskBytes() const override { return database_->DiskBytes(); }
  uint64_t MemoryBytes() const override { return database_->MemoryBytes(); }
  void SetBlockCacheBytes(uint64_t bytes) override { cache_->SetCapacity(bytes + write_buffer_bytes_); }

 private:
  const uint64_t write_buffer_bytes_;
  const std::shared_ptr<std::atomic<bool>> log_failed_;
  const std::shared_ptr<rocksdb::Cache> cache_;
  const std::unique_ptr<RocksDatabase> database_;
};

rocksdb::DBOptions DatabaseOptions(const RocksStoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions db = BaseDatabaseOptions();
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  // Write buffers are charged to the cache, which is as large as both together. It does not stall writers when over
  // its size: after a failed flush (a full disk) nothing would ever wake them. What holds them back are the write
  // buffers' own limits below.
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.write_buffer_bytes, cache);
  // A family that is seldom written keeps old logs alive, and a restart, like a secondary, waits for their replay.
  db.max_total_wal_size = std::max<uint64_t>(options.write_buffer_bytes / 2, 16 << 20);
  db.max_background_jobs = 2;
  // Write back to the disk bit by bit instead of in bursts.
  db.bytes_per_sync = 1 << 20;
  db.wal_bytes_per_sync = 1 << 20;
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptions(const RocksStoreOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family = BaseFamilyOptions(cache);
  // One family can take half of the budget, in two halves of which one is being flushed.
  family.write_buffer_size = std::max<uint64_t>(options.write_buffer_bytes / 4, 1 << 20);
  family.max_write_buffer_number = 2;
  // Every family starts with a block of this size: small, so that the unused ones leave the budget to the others.
  family.arena_block_size = std::clamp<size_t>(family.write_buffer_size / 64, 16 << 10, 1 << 20);
  return family;
}

Status OpenFailed(const rocksdb::Status& status, const std::string& path) {
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos) {
    return Status::Stop("another process has the store in " + path + " open (it holds " + path +
                        "/LOCK): stop it, or use another state folder");
  }
  return FromRocks(status, path);
}

}  // namespace

Result<std::unique_ptr<PrimaryStore>> OpenRocksStore(const RocksStoreOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.path, error);
  if (error) {
    return Status::Stop("the folder " + options.path + " cannot be created (" + error.message() +
                        "): check its parent's permissions and the disk");
  }
  auto cache = rocksdb::NewLRUCache(options.block_cache_bytes + options.write_buffer_bytes);
  rocksdb::DBOptions db_options = DatabaseOptions(options, cache);
  auto log_failed = std::make_shared<std::atomic<bool>>(false);
  db_options.listeners.push_back(std::make_shared<FullDiskListener>(log_failed));
  const rocksdb::ColumnFamilyOptions family_options = FamilyOptions(options, cache);

  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (FamilyId id = 0; id < options.families.size(); ++id) {
    rocksdb::ColumnFamilyOptions with_expiry = family_options;
    if (options.expiry) {
      with_expiry.compaction_filter_factory = std::make_shared<ExpiryFilterFactory>(id, options.expiry);
      // Windows that nothing else makes compaction look at would stay for RocksDB's default of a month.
      with_expiry.periodic_compaction_seconds = 24 * 3600;
    }
    descriptors.emplace_back(options.families[id], with_expiry);
  }
  std::vector<std::string> present = {rocksdb::kDefaultColumnFamilyName};
  if (std::filesystem::exists(options.path + "/CURRENT", error)) {
    rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(db_options, options.path, &present);
    if (!listed.ok()) return OpenFailed(listed, options.path);
  }
  for (const std::string& name : present) {
    if (std::find(options.families.begin(), options.families.end(), name) == options.families.end()) {
      descriptors.emplace_back(name, family_options);
    }
  }

  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::Status opened = rocksdb::DB::Open(db_options, options.path, descriptors, &handles, &db);
  if (!opened.ok()) return OpenFailed(opened, options.path);
  auto database =
      std::make_unique<RocksDatabase>(options.path, db, std::move(handles), options.families, cache);
  LogInfo("store", "opened path={} disk_bytes={}", options.path, database->DiskBytes());
  return std::unique_ptr<PrimaryStore>(std::make_unique<RocksStore>(std::move(database), std::move(log_failed),
                                                                    std::move(cache), options.write_buffer_bytes));
}

}  // namespace odometer
