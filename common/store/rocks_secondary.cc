#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <filesystem>
#include <utility>

#include "common/base/mutex.h"
#include "common/store/rocks_internal.h"
#include "common/store/rocks_store.h"

namespace odometer {
namespace {

constexpr size_t kSecondaryCacheBytes = 32 << 20;

// Only the batch's type is needed: Write() refuses every batch.
class NoBatch final : public StoreBatch {
 public:
  void Put(FamilyId, std::string_view, std::string_view) override {}
  void Delete(FamilyId, std::string_view) override {}
  void DeleteRange(FamilyId, std::string_view, std::string_view) override {}
  size_t Bytes() const override { return 0; }
};

class RocksSecondary final : public SecondaryStore {
 public:
  explicit RocksSecondary(std::unique_ptr<RocksDatabase> database) : database_(std::move(database)) {}

  Status Get(FamilyId family, std::string_view key, std::string* value) const override {
    return database_->Get(family, key, value);
  }
  // RocksDB knows no snapshots here, and needs none: only CatchUp() changes what reads see.
  std::unique_ptr<StoreView> View() const override { return database_->View(/*snapshot=*/false); }
  std::unique_ptr<StoreBatch> NewBatch() override { return std::make_unique<NoBatch>(); }
  Status Write(std::unique_ptr<StoreBatch>) override {
    return Status::Invalid("the store in " + database_->path() + " is open for reading only");
  }
  Status CatchUp() override {
    MutexLock lock(catch_up_mutex_);
    rocksdb::Status status = database_->db()->TryCatchUpWithPrimary();
    if (status.ok()) return Status::Ok();
    // The primary may have removed a file between naming and our opening it; the next call, or a new open, finds what
    // is there instead.
    return Status::Retry("following the store in " + database_->path() + " failed: " + status.ToString());
  }

  const std::vector<std::string>& Families() const override { return database_->families(); }
  uint64_t DiskBytes() const override { return database_->DiskBytes(); }
  uint64_t MemoryBytes() const override { return database_->MemoryBytes(); }

 private:
  const std::unique_ptr<RocksDatabase> database_;
  Mutex catch_up_mutex_;
};

}  // namespace

Result<std::unique_ptr<SecondaryStore>> OpenRocksSecondary(const std::string& path, const std::string& log_path,
                                                           const std::vector<std::string>& families) {
  std::error_code error;
  std::filesystem::create_directories(log_path, error);
  if (error) {
    return Status::Stop("the folder " + log_path + " cannot be created (" + error.message() +
                        "): check its parent's permissions and the disk");
  }
  auto cache = rocksdb::NewLRUCache(kSecondaryCacheBytes);
  const rocksdb::ColumnFamilyOptions family_options = BaseFamilyOptions(cache);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& family : families) descriptors.emplace_back(family, family_options);
  // RocksDB wants its own default family to be named, used or not.
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options);

  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::Status opened =
      rocksdb::DB::OpenAsSecondary(BaseDatabaseOptions(), path, log_path, descriptors, &handles, &db);
  if (!opened.ok()) return Status::Retry("the store in " + path + " cannot be followed yet: " + opened.ToString());
  auto secondary = std::make_unique<RocksSecondary>(
      std::make_unique<RocksDatabase>(path, db, std::move(handles), families, std::move(cache)));
  // What the primary flushed while it was being opened is in the new files of one family and still missing in another.
  ODOMETER_RETURN_IF_ERROR(secondary->CatchUp());
  return std::unique_ptr<SecondaryStore>(std::move(secondary));
}

}  // namespace odometer
