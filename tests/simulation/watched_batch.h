// A batch that knows what it does to a task that is being restored.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/bytes.h"
#include "common/state/state_layout.h"
#include "common/store/store.h"

namespace odometer {

class WatchedBatch final : public StoreBatch {
 public:
  explicit WatchedBatch(std::unique_ptr<StoreBatch> batch) : batch_(std::move(batch)) {}

  void Put(FamilyId family, std::string_view key, std::string_view value) override {
    if (family == StateLayout::kMeta && IsCheckpoint(key)) {
      unfinished_ = DecodeTaskCheckpoint(value).value().restoring;
    } else {
      has_data_ = true;
    }
    batch_->Put(family, key, value);
  }
  void Delete(FamilyId family, std::string_view key) override {
    has_data_ = true;
    if (family == StateLayout::kMeta) wiped_ = key;
    batch_->Delete(family, key);
  }
  void DeleteRange(FamilyId family, std::string_view begin, std::string_view end) override {
    batch_->DeleteRange(family, begin, end);
  }
  size_t Bytes() const override { return batch_->Bytes(); }

  // Of a restore, and not its end.
  bool part_of_restore() const { return unfinished_ && has_data_; }
  // The record of the task whose state goes; empty: none does.
  const std::string& wiped() const { return wiped_; }
  std::unique_ptr<StoreBatch> Take() { return std::move(batch_); }

 private:
  static bool IsCheckpoint(std::string_view key) {
    return key.size() == 1 + sizeof(uint32_t) &&
           key == CheckpointKey(static_cast<int32_t>(ByteReader(key.substr(1)).U32()));
  }

  std::unique_ptr<StoreBatch> batch_;
  bool unfinished_ = false, has_data_ = false;
  std::string wiped_;
};

}  // namespace odometer
