// Everything one task commits together: sealed by the consuming thread, written by the commit thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/series.h"
#include "common/state/state_layout.h"
#include "processor/dead_letter.h"
#include "processor/overlay.h"
#include "processor/seen_ids.h"
#include "processor/series_limits.h"

namespace odometer {

// A raw event as the store's family `events` is to have it (common/state/event_keys.h).
struct EventRow {
  std::string key;
  std::string value;
};

// A key of a store that is written row by row, and its value from now on.
struct EpochRow {
  FamilyId family = 0;
  std::string key;                   // without the task
  std::optional<std::string> value;  // nothing: deleted
};

// A record for a topic that is neither a changelog nor that of dead letters.
struct EpochOutput {
  std::string topic;
  int32_t partition = 0;
  std::string key;
  std::string value;
  std::string_view kind = {};  // of an event, for its header kKindHeader; a constant. Empty: no header
};

struct Epoch {
  int32_t task = 0;
  Overlay overlay;
  std::vector<EventRow> events;
  std::vector<std::pair<SeriesId, std::string>> added;      // series that got an id: identity bytes
  std::vector<std::pair<SeriesId, std::string>> forgotten;  // series that lost it
  std::vector<SeenIds::Added> ids;  // of the events applied
  std::array<uint64_t, kSeriesLimits> overflowed{};  // events, by the limit that their series would exceed
  std::vector<EpochRow> rows;  // the later one of a key counts
  std::vector<EpochOutput> outputs;
  uint64_t readings = 0, alerts = 0;  // of the commands or events applied
  std::vector<DeadLetter> dead_letters;
  // As of the last record of the epoch; `sequence` and `commit_wall_ms` are filled in by the committer.
  TaskMeta meta;
};

}  // namespace odometer
