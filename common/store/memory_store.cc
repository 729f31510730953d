#include "common/store/memory_store.h"

#include <map>
#include <utility>

#include "common/base/mutex.h"

namespace odometer {
namespace {

using Family = std::map<std::string, std::string, std::less<>>;

// One state of the whole store. Never changed while a view reads it: a write then goes to a copy, of which only the
// families that it changes are copied.
struct Content {
  struct SharedFamily {
    std::shared_ptr<Family> family = std::make_shared<Family>();
    bool shared = false;  // with another content: must not be changed
  };

  const Family& Of(FamilyId id) const { return *families.at(id).family; }
  Family* Changeable(FamilyId id) {
    SharedFamily& of = families.at(id);
    if (std::exchange(of.shared, false)) of.family = std::make_shared<Family>(*of.family);
    return of.family.get();
  }
  void Share() {
    for (SharedFamily& of : families) of.shared = true;
  }

  std::vector<SharedFamily> families;
  int views = 0;
};

class MemoryBatch final : public StoreBatch {
 public:
  void Put(FamilyId family, std::string_view key, std::string_view value) override {
    Add({Change::kPut, family, std::string(key), std::string(value)});
  }
  void Delete(FamilyId family, std::string_view key) override { Add({Change::kDelete, family, std::string(key), {}}); }
  void DeleteRange(FamilyId family, std::string_view begin, std::string_view end) override {
    Add({Change::kDeleteRange, family, std::string(begin), std::string(end)});
  }
  size_t Bytes() const override { return bytes_; }

  void ApplyTo(Content* content) const {
    for (const Change& change : changes_) {
      Family& family = *content->Changeable(change.family);
      switch (change.kind) {
        case Change::kPut: family.insert_or_assign(change.key, change.value); break;
        case Change::kDelete: family.erase(change.key); break;
        case Change::kDeleteRange:
          if (change.key < change.value) {
            family.erase(family.lower_bound(change.key), family.lower_bound(change.value));
          }
          break;
      }
    }
  }

 private:
  struct Change {
    enum Kind { kPut, kDelete, kDeleteRange } kind;
    FamilyId family;
    std::string key;
    std::string value;  // of kDeleteRange: the end
  };
  void Add(Change change) {
    bytes_ += change.key.size() + change.value.size();
    changes_.push_back(std::move(change));
  }

  std::vector<Change> changes_;
  size_t bytes_ = 0;
};

class MemoryIterator final : public StoreIterator {
 public:
  MemoryIterator(const Family& family, std::string_view lower, std::string_view upper)
      : family_(family), lower_(lower), end_(upper.empty() ? family.end() : family.lower_bound(upper)) {
    bounded_ = !upper.empty();
    upper_ = upper;
    Seek(lower);
  }
  bool Valid() const override { return at_ != end_; }
  void Next() override { ++at_; }
  void Seek(std::string_view key) override {
    if (key < lower_) key = lower_;
    at_ = bounded_ && key >= upper_ ? end_ : family_.lower_bound(key);
  }
  std::string_view Key() const override { return at_->first; }
  std::string_view Value() const override { return at_->second; }
  Status status() const override { return Status::Ok(); }

 private:
  const Family& family_;
  std::string lower_, upper_;
  bool bounded_;
  Family::const_iterator at_, end_;
};

Status Find(const Family& family, std::string_view key, std::string* value) {
  auto found = family.find(key);
  if (found == family.end()) return Status::NotFound("");
  *value = found->second;
  return Status::Ok();
}

class MemoryStoreImpl final : public MemoryStore {
 public:
  MemoryStoreImpl(std::vector<std::string> families, std::shared_ptr<const StoreExpiry> expiry)
      : names_(std::move(families)), expiry_(std::move(expiry)), content_(std::make_shared<Content>()) {
    content_->families.resize(names_.size());
  }

  Status Get(FamilyId family, std::string_view key, std::string* value) const override {
    MutexLock lock(mutex_);
    return Find(content_->Of(family), key, value);
  }

  std::unique_ptr<StoreView> View() const override {
    MutexLock lock(mutex_);
    ++content_->views;
    return std::make_unique<ContentView>(this, content_);
  }

  std::unique_ptr<StoreBatch> NewBatch() override { return std::make_unique<MemoryBatch>(); }

  Status Write(std::unique_ptr<StoreBatch> batch) override {
    MutexLock lock(mutex_);
    if (failures_left_ > 0) {
      --failures_left_;
      return failure_;
    }
    static_cast<const MemoryBatch&>(*batch).ApplyTo(Changeable());
    return Status::Ok();
  }

  const std::vector<std::string>& Families() const override { return names_; }
  uint64_t DiskBytes() const override { return 0; }
  uint64_t MemoryBytes() const override {
    MutexLock lock(mutex_);
    uint64_t bytes = 0;
    for (const auto& of : content_->families) {
      for (const auto& [key, value] : *of.family) bytes += key.size() + value.size();
    }
    return bytes;
  }

  std::unique_ptr<MemoryStore> Clone() const override {
    auto clone = std::make_unique<MemoryStoreImpl>(names_, expiry_);
    MutexLock lock(mutex_);
    MutexLock clone_lock(clone->mutex_);
    content_->Share();
    clone->content_->families = content_->families;
    return clone;
  }

  void CompactNow() override {
    if (!expiry_) return;
    MutexLock lock(mutex_);
    Content* content = Changeable();
    for (FamilyId id = 0; id < content->families.size(); ++id) {
      std::erase_if(*content->Changeable(id), [&](const auto& entry) { return expiry_->Expired(id, entry.first); });
    }
  }

  void FailWrites(int count, Status status) override {
    MutexLock lock(mutex_);
    failures_left_ = count;
    failure_ = std::move(status);
  }

 private:
  class ContentView final : public StoreView {
   public:
    ContentView(const MemoryStoreImpl* store, std::shared_ptr<Content> content)
        : store_(*store), content_(std::move(content)) {}
    ~ContentView() override {
      MutexLock lock(store_.mutex_);
      --content_->views;
    }
    Status Get(FamilyId family, std::string_view key, std::string* value) const override {
      return Find(content_->Of(family), key, value);
    }
    std::unique_ptr<StoreIterator> Scan(FamilyId family, std::string_view lower,
                                        std::string_view upper) const override {
      return std::make_unique<MemoryIterator>(content_->Of(family), lower, upper);
    }

   private:
    const MemoryStoreImpl& store_;
    const std::shared_ptr<Content> content_;
  };

  Content* Changeable() ODOMETER_REQUIRES(mutex_) {
    if (content_->views > 0) {
      auto copy = std::make_shared<Content>();
      copy->families = content_->families;
      copy->Share();
      content_ = std::move(copy);
    }
    return content_.get();
  }

  const std::vector<std::string> names_;
  const std::shared_ptr<const StoreExpiry> expiry_;
  mutable Mutex mutex_;
  std::shared_ptr<Content> content_ ODOMETER_GUARDED_BY(mutex_);  // its view counts are guarded, too
  int failures_left_ ODOMETER_GUARDED_BY(mutex_) = 0;
  Status failure_ ODOMETER_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<MemoryStore> NewMemoryStore(std::vector<std::string> families,
                                            std::shared_ptr<const StoreExpiry> expiry) {
  return std::make_unique<MemoryStoreImpl>(std::move(families), std::move(expiry));
}

}  // namespace odometer
