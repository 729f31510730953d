// The local state: an ordered key-value store of a few column families, written by one process, in atomic batches.
// Real: rocks_store.h. In memory, for tests and simulation: memory_store.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace odometer {

// An index into the family names that the store was opened with.
using FamilyId = uint32_t;

// Changes that become visible and durable together, in the order in which they were added.
// Not thread-safe. Usable once.
class StoreBatch {
 public:
  virtual ~StoreBatch() = default;
  virtual void Put(FamilyId family, std::string_view key, std::string_view value) = 0;
  virtual void Delete(FamilyId family, std::string_view key) = 0;
  // Every key in [begin, end).
  virtual void DeleteRange(FamilyId family, std::string_view begin, std::string_view end) = 0;
  virtual size_t Bytes() const = 0;
};

// Keys in [lower, upper) at one moment. Not thread-safe; must not outlive its view.
//   for (auto it = view->Scan(family, lower, upper); it->Valid(); it->Next()) ... ; then check it->status().
class StoreIterator {
 public:
  virtual ~StoreIterator() = default;
  virtual bool Valid() const = 0;
  virtual void Next() = 0;
  // Goes to the first key at or after `key`, never below `lower`. Cheaper than a new Scan.
  virtual void Seek(std::string_view key) = 0;
  // Valid until Next(), Seek() or the iterator's end.
  virtual std::string_view Key() const = 0;
  virtual std::string_view Value() const = 0;
  // Not OK when the scan ended early.
  virtual Status status() const = 0;
};

// The whole store as it was at one moment, across all families. Thread-safe; must not outlive the store.
class StoreView {
 public:
  virtual ~StoreView() = default;
  // kNotFound when there is no such key. *value is replaced.
  virtual Status Get(FamilyId family, std::string_view key, std::string* value) const = 0;
  // Starts at `lower`; an empty `upper` means no bound.
  virtual std::unique_ptr<StoreIterator> Scan(FamilyId family, std::string_view lower,
                                              std::string_view upper) const = 0;
};

// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // The latest value.
  virtual Status Get(FamilyId family, std::string_view key, std::string* value) const = 0;
  virtual std::unique_ptr<StoreView> View() const = 0;

  virtual std::unique_ptr<StoreBatch> NewBatch() = 0;
  // All of the batch or nothing, also through a crash. kRetry when the disk is full, kStop when the store must be opened
  // anew for that, and on corruption.
  virtual Status Write(std::unique_ptr<StoreBatch> batch) = 0;

  // Every family, by FamilyId.
  virtual const std::vector<std::string>& Families() const = 0;
  // Disk and memory used, as far as known.
  virtual uint64_t DiskBytes() const = 0;
  virtual uint64_t MemoryBytes() const = 0;
};

// Decides, while the store compacts, which entries are no longer needed. Called from the store's own threads, at any
// time until the store is closed; must be thread-safe, quick, and must not call the store.
class StoreExpiry {
 public:
  virtual ~StoreExpiry() = default;
  virtual bool Expired(FamilyId family, std::string_view key) const = 0;
};

}  // namespace odometer
