#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "common/kafka/properties.h"
#include "common/kafka/rd_common.h"

namespace odometer {
namespace {

struct Reserved {
  std::string_view name;
  std::string_view why;
  bool has_option = false;
};

constexpr std::array kReserved = {
    Reserved{"acks", "exact counts need all"},
    Reserved{"auto.commit.enable", "offsets are committed with the counts"},
    Reserved{"auto.offset.reset", "a processor without offsets begins at the oldest record"},
    Reserved{"client.id", "use instance.id"},
    Reserved{"delivery.report.only.error", "exact counts need every report"},
    Reserved{"delivery.timeout.ms", "use ingest.delivery.timeout", true},
    Reserved{"enable.auto.commit", "offsets are committed with the counts"},
    Reserved{"enable.auto.offset.store", "offsets are committed with the counts"},
    Reserved{"enable.idempotence", "exact counts need it on"},
    Reserved{"enable.partition.eof", "reading the changelogs needs it"},
    Reserved{"group.id", "use application"},
    Reserved{"group.instance.id", "use instance.id"},
    Reserved{"group.protocol", "exact counts rest on the classic one"},
    Reserved{"isolation.level", "exact counts need read_committed"},
    Reserved{"linger.ms", "use ingest.linger", true},
    Reserved{"message.timeout.ms", "use ingest.delivery.timeout", true},
    Reserved{"metadata.broker.list", "use kafka.bootstrap.servers", true},
    Reserved{"queue.buffering.max.kbytes", "use ingest.queue.size", true},
    Reserved{"queue.buffering.max.messages", "use ingest.queue.records", true},
    Reserved{"queue.buffering.max.ms", "use ingest.linger", true},
    Reserved{"queued.max.messages.kbytes", "use memory.limit", true},
    Reserved{"queued.min.messages", "use prefetch.records", true},
    Reserved{"request.required.acks", "exact counts need all"},
    Reserved{"session.timeout.ms", "use session.timeout", true},
    Reserved{"transaction.timeout.ms", "use transaction.timeout"},
    Reserved{"transactional.id", "use instance.id"},
};

const Reserved* Find(std::string_view name) {
  const auto* found = std::find_if(kReserved.begin(), kReserved.end(), [&](const Reserved& r) { return r.name == name; });
  return found == kReserved.end() ? nullptr : found;
}

}  // namespace

std::optional<std::string_view> WhyReservedKafkaProperty(std::string_view name) {
  const Reserved* reserved = Find(name);
  return reserved == nullptr ? std::nullopt : std::optional(reserved->why);
}

bool ExactCountsDependOn(std::string_view name) {
  const Reserved* reserved = Find(name);
  return reserved != nullptr && !reserved->has_option;
}

KafkaPropertyCheck CheckKafkaProperty(const std::string& name, const std::string& value) {
  std::unique_ptr<rd_kafka_conf_t, rd::Free<rd_kafka_conf_destroy>> conf(rd_kafka_conf_new());
  switch (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), nullptr, 0)) {
    case RD_KAFKA_CONF_OK: return KafkaPropertyCheck::kGood;
    case RD_KAFKA_CONF_UNKNOWN: return KafkaPropertyCheck::kUnknown;
    case RD_KAFKA_CONF_INVALID: break;
  }
  return KafkaPropertyCheck::kBadValue;
}

std::vector<std::string> KafkaPropertyNames() {
  // The only list that also has those without a default: lines of "name | producer or consumer | ...".
  char* text = nullptr;
  size_t size = 0;
  std::FILE* stream = open_memstream(&text, &size);
  if (stream == nullptr) return {};
  rd_kafka_conf_properties_show(stream);
  std::fclose(stream);
  std::unique_ptr<char, rd::Free<std::free>> owner(text);

  std::vector<std::string> names;
  std::string_view rest(text, size);
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::string_view name = line.substr(0, line.find(' '));
    const bool is_property = !name.empty() && std::islower(static_cast<unsigned char>(name.front())) != 0 &&
                             line.find('|') != std::string_view::npos;
    if (is_property) names.emplace_back(name);
  }
  return names;
}

}  // namespace odometer
