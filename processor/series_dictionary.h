// A task's series: from identity bytes to the small integer that stands for them everywhere else.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/model/series.h"

namespace odometer {

// An open-addressing hash table over identities kept in an arena. On the hot path: one lookup per event, no
// allocation for a series that is known. Not thread-safe.
class SeriesDictionary {
 public:
  // Ids are given out from `next_id` on.
  explicit SeriesDictionary(SeriesId next_id = 1);

  // The id of that identity; nothing when it has none.
  std::optional<SeriesId> Find(std::string_view identity) const;
  // Gives it a new id. The identity must not be known yet; it is copied.
  SeriesId Add(std::string_view identity);
  // For what was restored. The identity must not be known yet. New ids are above all that were loaded.
  void Load(std::string_view identity, SeriesId id);

  struct Removed {
    SeriesId id;
    std::string_view identity;  // valid as long as the dictionary
  };
  // Removes every series of the org with that QualifiedName(). Looks at every series: forgetting is rare.
  std::vector<Removed> Forget(std::string_view org, std::string_view qualified_name);

  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (const Entry& entry : entries_) {
      if (entry.id != 0) visit(entry.id, std::string_view(entry.identity, entry.identity_size));
    }
  }

  SeriesId next_id() const { return next_id_; }
  size_t size() const { return size_; }
  size_t MemoryBytes() const;

 private:
  struct Entry {
    const char* identity;
    uint32_t identity_size;
    uint32_t hash;
    SeriesId id;  // 0: removed
  };

  std::string_view Intern(std::string_view identity);
  void Insert(std::string_view identity, uint64_t hash, SeriesId id);
  void Grow();

  std::vector<Entry> entries_;
  std::vector<uint32_t> slots_;  // index into entries_ plus one; 0: free
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_left_ = 0;
  char* block_next_ = nullptr;
  size_t interned_bytes_ = 0;
  size_t size_ = 0;
  SeriesId next_id_;
};

}  // namespace odometer
