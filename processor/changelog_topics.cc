#include "processor/changelog_topics.h"

#include <iterator>
#include <optional>

namespace odometer {

namespace {
constexpr int64_t kDayMs = 86'400'000;
// The largest event as its input has it, and what key and value add to it there.
constexpr int64_t kEventsMaxMessageBytes = static_cast<int64_t>(kMaxEventBytes) + (64 << 10);

Status Wrong(const ChangelogStore& store, const std::string& setting, int64_t value, const std::string& why,
             const std::string& needed) {
  return Status::Stop("topic " + store.topic + " has " + setting + "=" + std::to_string(value) + ", " + why +
                      ": set it to " + needed);
}

Status CheckSettings(const ChangelogStore& store, const TopicInfo& info) {
  auto policy = info.config.find("cleanup.policy");
  if (policy == info.config.end()) return Status::Ok();
  const bool compacts = policy->second.find("compact") != std::string::npos;
  const bool deletes = policy->second.find("delete") != std::string::npos;
  if (!compacts || (deletes && store.retention_ms == kForever)) {
    const char* needed = store.retention_ms == kForever ? "compact" : "compact,delete";
    return Status::Stop("topic " + store.topic + " has cleanup.policy=" + policy->second +
                        ", which would lose state: set it to " + needed);
  }
  if (std::optional<int64_t> tombstones_ms = info.Number("delete.retention.ms");
      tombstones_ms.value_or(kDayMs) < kDayMs) {
    return Wrong(store, "delete.retention.ms", *tombstones_ms, "too short for a restore to see what was deleted",
                 "at least " + std::to_string(kDayMs));
  }
  if (store.family == StateLayout::kEvents && info.MaxMessageBytes() < kEventsMaxMessageBytes) {
    return Wrong(store, "max.message.bytes", info.MaxMessageBytes(), "which may be too little for a raw event",
                 "at least " + std::to_string(kEventsMaxMessageBytes));
  }
  if (!deletes) return Status::Ok();
  if (std::optional<int64_t> kept_ms = info.Number("retention.ms");
      kept_ms && *kept_ms >= 0 && *kept_ms < store.retention_ms) {
    return Wrong(store, "retention.ms", *kept_ms, "shorter than its tier's retention",
                 "at least " + std::to_string(store.retention_ms + kDayMs));
  }
  if (std::optional<int64_t> bytes = info.Number("retention.bytes"); bytes.value_or(-1) >= 0) {
    return Wrong(store, "retention.bytes", *bytes, "which would delete windows before their time", "-1");
  }
  return Status::Ok();
}

ChangelogStore StoreOf(const std::string& application, const std::string& input_topic, const StateLayout& layout,
                       FamilyId family, int64_t retention_ms) {
  const std::string& store = layout.families[family];
  return {family, store, application + "-" + input_topic + "-" + store + "-changelog", retention_ms};
}
}  // namespace

std::vector<ChangelogStore> CommandChangelogStores(const std::string& application, const std::string& commands_topic,
                                                   const StateLayout& layout) {
  std::vector<ChangelogStore> stores;
  for (FamilyId family :
       {StateLayout::kDefinitions, StateLayout::kReadings, StateLayout::kRequests, StateLayout::kMeta}) {
    stores.push_back(StoreOf(application, commands_topic, layout, family, kForever));
  }
  return stores;
}

std::vector<ChangelogStore> ChangelogStores(const std::string& application, const std::string& input_topic,
                                            const StateLayout& layout) {
  std::vector<ChangelogStore> stores = SourceChangelogStores(application, input_topic, layout);
  // Meta stays the last.
  stores.insert(std::prev(stores.end()),
                {StoreOf(application, input_topic, layout, StateLayout::kIds, kForever),
                 StoreOf(application, input_topic, layout, StateLayout::kEvents, layout.events_retention_ms)});
  return stores;
}

std::vector<ChangelogStore> SourceChangelogStores(const std::string& application, const std::string& source_topic,
                                                  const StateLayout& layout) {
  std::vector<ChangelogStore> stores;
  auto add = [&](FamilyId family, int64_t retention_ms) {
    stores.push_back(StoreOf(application, source_topic, layout, family, retention_ms));
  };
  add(StateLayout::kSeries, kForever);
  if (layout.tiers.total) add(StateLayout::kTotals, kForever);
  for (size_t i = 0; i < layout.tiers.windows.size(); ++i) {
    add(layout.WindowsFamily(i), layout.tiers.windows[i].retention_ms);
  }
  add(StateLayout::kMeta, kForever);
  return stores;
}

TopicSpec ChangelogSpec(const ChangelogStore& store, int32_t partitions, int16_t replication) {
  TopicSpec spec{store.topic, partitions, replication, {}};
  spec.config["message.timestamp.type"] = "LogAppendTime";
  spec.config["delete.retention.ms"] = std::to_string(kDayMs);  // twice RestorerOptions::max_checkpoint_age_ms
  if (store.family == StateLayout::kEvents) spec.config["max.message.bytes"] = std::to_string(kEventsMaxMessageBytes);
  if (store.retention_ms == kForever) {
    spec.config["cleanup.policy"] = "compact";
  } else {
    spec.config["cleanup.policy"] = "compact,delete";
    spec.config["retention.ms"] = std::to_string(store.retention_ms + kDayMs);
    spec.config["retention.bytes"] = "-1";
  }
  return spec;
}

Status EnsureChangelogs(Admin* admin, const std::vector<ChangelogStore>& stores, int32_t partitions,
                        int16_t replication) {
  for (const ChangelogStore& store : stores) {
    Result<std::optional<TopicInfo>> info = admin->Describe(store.topic);
    if (!info.ok()) return info.status();
    if (!info->has_value()) {
      ODOMETER_RETURN_IF_ERROR(admin->Create(ChangelogSpec(store, partitions, replication)));
      continue;
    }
    ODOMETER_RETURN_IF_ERROR(CheckSettings(store, **info));
    if ((*info)->partitions < partitions) ODOMETER_RETURN_IF_ERROR(admin->GrowPartitions(store.topic, partitions));
  }
  return Status::Ok();
}

Status EnsureCommandChangelogs(Admin* admin, const std::string& commands_topic,
                               const std::vector<ChangelogStore>& stores, int32_t partitions, int16_t replication) {
  for (const ChangelogStore& store : stores) {
    Result<std::optional<TopicInfo>> info = admin->Describe(store.topic);
    if (!info.ok()) return info.status();
    if (!info->has_value() || (*info)->partitions == partitions) continue;
    return Status::Stop("topic " + commands_topic + " has " + std::to_string(partitions) + " partitions, but had " +
                        std::to_string((*info)->partitions) +
                        " when its first commands were applied: the number must not change, because a key would then "
                        "be decided in two places. Create the topic anew with as many as it had, under another name, "
                        "and name that in topics.commands");
  }
  return EnsureChangelogs(admin, stores, partitions, replication);
}

}  // namespace odometer
