// The changelog topics of a processor: per input topic one for each store, with as many partitions as the input topic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/state/state_layout.h"

namespace odometer {

// A store that has a changelog. The indexes `names` and `events-by-name` have none: they are derived.
struct ChangelogStore {
  FamilyId family;
  std::string store;  // "meta", "series", "totals", "ids", "events", "windows-1m"
  std::string topic;  // "<application>-<input topic>-<store>-changelog"
  int64_t retention_ms;  // kForever: compacted only
};

// In the order in which they are restored: series before what refers to them.
std::vector<ChangelogStore> ChangelogStores(const std::string& application, const std::string& input_topic,
                                            const StateLayout& layout);

// The same of a source of the rules: its records have no ids, and are not kept as raw events.
std::vector<ChangelogStore> SourceChangelogStores(const std::string& application, const std::string& source_topic,
                                                  const StateLayout& layout);

// The same of the commands' topic.
std::vector<ChangelogStore> CommandChangelogStores(const std::string& application, const std::string& commands_topic,
                                                   const StateLayout& layout);

// Settings that a changelog is created with and must have: `compact`, or `compact,delete` for what expires, with
// LogAppendTime and a day's margin, because the broker expires by the wall clock.
TopicSpec ChangelogSpec(const ChangelogStore& store, int32_t partitions, int16_t replication);

// Creates the changelogs that are missing, grows those with too few partitions, and checks the settings of the rest.
// kStop, naming topic and setting, when one would lose state.
Status EnsureChangelogs(Admin* admin, const std::vector<ChangelogStore>& stores, int32_t partitions,
                        int16_t replication);

// The same for the commands' topic, whose number of partitions must stay what it was when it was first read: kStop when it
// is another one.
Status EnsureCommandChangelogs(Admin* admin, const std::string& commands_topic,
                               const std::vector<ChangelogStore>& stores, int32_t partitions, int16_t replication);

// The key of the one record of the meta changelog.
inline constexpr std::string_view kMetaChangelogKey = "T";
// Store keys start with the task; changelog keys do not: there the partition says it.
inline constexpr size_t kTaskKeyBytes = 4;

}  // namespace odometer
