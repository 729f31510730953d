#include "processor/changelog_topics.h"

#include <optional>

namespace odometer {

namespace {
constexpr int64_t kDayMs = 86'400'000;

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
  auto retention = info.config.find("retention.ms");
  if (deletes && retention != info.config.end()) {
    const int64_t kept_ms = std::stoll(retention->second);
    if (kept_ms >= 0 && kept_ms < store.retention_ms) {
      return Status::Stop("topic " + store.topic + " has retention.ms=" + retention->second +
                          ", shorter than its tier's retention: set it to at least " +
                          std::to_string(store.retention_ms + kDayMs));
    }
  }
  return Status::Ok();
}
}  // namespace

std::vector<ChangelogStore> ChangelogStores(const std::string& application, const std::string& input_topic,
                                            const StateLayout& layout) {
  std::vector<ChangelogStore> stores;
  auto add = [&](FamilyId family, int64_t retention_ms) {
    const std::string& store = layout.families[family];
    stores.push_back({family, store, application + "-" + input_topic + "-" + store + "-changelog", retention_ms});
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
  if (store.retention_ms == kForever) {
    spec.config["cleanup.policy"] = "compact";
  } else {
    spec.config["cleanup.policy"] = "compact,delete";
    spec.config["retention.ms"] = std::to_string(store.retention_ms + kDayMs);
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

}  // namespace odometer
