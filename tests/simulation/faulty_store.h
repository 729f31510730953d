// One machine's disk: a store in memory whose writes can fail, that remembers earlier states to fall back to, as a
// machine does that lost its power, and that tells of every write.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/store/memory_store.h"
#include "tests/simulation/watched_batch.h"

namespace odometer {

class FaultyStore final : public Store {
 public:
  struct Written {
    bool part_of_restore = false;  // and not its end
    bool wiped = false;            // a task's state, to restore it in full
  };
  // Before each write: an error fails it, without effect. After each: what it left is in the store.
  using BeforeWrite = std::function<Status()>;
  using AfterWrite = std::function<Status(const Written&)>;

  explicit FaultyStore(std::vector<std::string> families) : store_(NewMemoryStore(std::move(families))) {}

  void Watch(BeforeWrite before, AfterWrite after) {
    before_ = std::move(before);
    after_ = std::move(after);
  }
  // To be called while no process uses the store.
  void LoseEverything() {
    store_ = NewMemoryStore(store_->Families());
    earlier_.clear();
  }
  // The last writes had not reached the disk: as many as `newest` states are forgotten. False when there is none.
  bool FallBack(size_t newest) {
    if (earlier_.empty()) return false;
    for (; newest > 0 && earlier_.size() > 1; --newest) earlier_.pop_back();
    store_ = earlier_.back()->Clone();
    return true;
  }

  Status Get(FamilyId family, std::string_view key, std::string* value) const override {
    return store_->Get(family, key, value);
  }
  std::unique_ptr<StoreView> View() const override { return store_->View(); }
  std::unique_ptr<StoreBatch> NewBatch() override { return std::make_unique<WatchedBatch>(store_->NewBatch()); }
  Status Write(std::unique_ptr<StoreBatch> batch) override {
    if (before_) ODOMETER_RETURN_IF_ERROR(before_());
    earlier_.push_back(store_->Clone());
    if (earlier_.size() > kStatesKept) earlier_.pop_front();
    auto& watched = static_cast<WatchedBatch&>(*batch);
    std::string old;
    const bool wiped = !watched.wiped().empty() && Get(StateLayout::kMeta, watched.wiped(), &old).ok();
    ODOMETER_RETURN_IF_ERROR(store_->Write(watched.Take()));
    return after_ ? after_({watched.part_of_restore(), wiped}) : Status::Ok();
  }
  const std::vector<std::string>& Families() const override { return store_->Families(); }
  uint64_t DiskBytes() const override { return store_->DiskBytes(); }
  uint64_t MemoryBytes() const override { return store_->MemoryBytes(); }

 private:
  static constexpr size_t kStatesKept = 4;

  std::unique_ptr<MemoryStore> store_;
  std::deque<std::unique_ptr<MemoryStore>> earlier_;
  BeforeWrite before_;
  AfterWrite after_;
};

}  // namespace odometer
