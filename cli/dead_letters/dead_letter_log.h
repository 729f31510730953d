// Finds and reads dead letters in their topic.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/log_reader.h"
#include "processor/dead_letter.h"

namespace odometer::cli {

struct LetterFilter {
  std::set<std::string> reasons;          // empty: all
  std::optional<int64_t> since_ms;        // of the letter's own timestamp, not of its record's
  std::optional<uint64_t> limit;          // the first so many, by partition and offset
  bool replayed_too = false;
};

struct LetterSelection {
  struct Entry {
    int64_t offset;
    bool replayed;
  };
  std::map<int32_t, std::vector<Entry>> partitions;  // offsets ascending
  uint64_t letters = 0;
  uint64_t replayed_before = 0;  // they match, and are left out for that reason
};

// One letter; valid during the call that hands it over.
struct Letter {
  const RecordView& record;
  const DeadLetterOrigin& origin;
  bool replayed;
};

// Used by one thread. Errors are those of the admin and the reader; kStop too for a topic that does not exist.
class DeadLetterLog {
 public:
  // Both must outlive it.
  DeadLetterLog(std::string topic, Admin* admin, LogReader* reader) : topic_(std::move(topic)), admin_(*admin), reader_(*reader) {}

  // The letters that match, as of now: those that come later are not part of it. Records that are no dead letters are
  // left out. Keeps 16 bytes for each.
  Result<LetterSelection> Select(const LetterFilter& filter);
  // Partition by partition, in order of offsets, until `on_letter` returns an error.
  Status Read(const LetterSelection& selection, const std::function<Status(const Letter&)>& on_letter);

 private:
  Status SelectPartition(const LetterFilter& filter, int32_t partition, LetterSelection* selection);

  const std::string topic_;
  Admin& admin_;
  LogReader& reader_;
};

}  // namespace odometer::cli
