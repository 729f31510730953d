#include "common/kafka/rd_membership.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "common/base/parse_integer.h"
#include "common/kafka/rd_common.h"

namespace odometer::rd {

namespace {

// As a broker names static members: the instance id, and a UUID.
bool IsMemberOf(std::string_view member_id, std::string_view instance_id) {
  constexpr size_t kUuidBytes = 36;
  return member_id.size() == instance_id.size() + 1 + kUuidBytes && member_id.starts_with(instance_id);
}

// A broker may be busy when a session ends.
constexpr int64_t kExpiryMs = 3000;
constexpr std::chrono::milliseconds kLookEvery{250};

using GroupListPtr = std::unique_ptr<const rd_kafka_group_list, Free<rd_kafka_group_list_destroy>>;

// Null when it cannot be known, or there is no such group.
GroupListPtr ListGroup(rd_kafka_t* client, const std::string& group, int timeout_ms) {
  const rd_kafka_group_list* listed = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_list_groups(client, group.c_str(), &listed, timeout_ms);
  GroupListPtr groups(listed);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || groups == nullptr || groups->group_cnt == 0) return nullptr;
  return groups;
}

// Whether the group has a member of our instance id that is not known to be ourselves; false when that cannot be known.
bool OtherOfInstance(rd_kafka_t* client, const StaticMember& self, int timeout_ms) {
  GroupListPtr groups = ListGroup(client, self.group, timeout_ms);
  if (groups == nullptr) return false;
  const rd_kafka_group_info& found = groups->groups[0];
  for (int i = 0; i < found.member_cnt; ++i) {
    const std::string_view id = found.members[i].member_id;
    if (IsMemberOf(id, self.instance_id)) return id != self.member_id && id != MemberId(client);
  }
  return false;
}

int64_t SessionTimeoutMs(rd_kafka_t* client) {
  char text[32] = "";
  size_t size = sizeof text;
  if (rd_kafka_conf_get(rd_kafka_conf(client), "session.timeout.ms", text, &size) != RD_KAFKA_CONF_OK) return 0;
  return ParseInteger<int64_t>(text).value_or(0);
}

// Reads what Kafka's protocol writes: integers are big-endian.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : left_(bytes) {}
  bool ok() const { return ok_; }
  int16_t Int16() { return static_cast<int16_t>(Integer(2)); }
  int32_t Int32() { return static_cast<int32_t>(Integer(4)); }
  std::string String() { return std::string(Take(Int16())); }

 private:
  uint32_t Integer(int bytes) {
    uint32_t value = 0;
    for (char byte : Take(bytes)) value = value << 8 | static_cast<uint8_t>(byte);
    return value;
  }
  std::string_view Take(int bytes) {
    ok_ = ok_ && bytes >= 0 && static_cast<size_t>(bytes) <= left_.size();
    if (!ok_) return {};
    std::string_view taken = left_.substr(0, static_cast<size_t>(bytes));
    left_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace

std::string MemberId(rd_kafka_t* client) {
  char* id = rd_kafka_memberid(client);
  if (id == nullptr) return "";
  std::string copy = id;
  rd_kafka_mem_free(client, id);
  return copy;
}

Status FencedStatus(rd_kafka_t* client, const StaticMember& self, int timeout_ms) {
  const int64_t deadline = NowMs() + SessionTimeoutMs(client) + kExpiryMs;
  while (OtherOfInstance(client, self, timeout_ms)) {
    if (NowMs() >= deadline) {
      return Status::Stop("another processor with the same instance.id has joined group " + self.group +
                          ": give each one its own, or stop one of the two");
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  return Status::Recover("the group has given up this member");
}

Result<std::set<TopicPartition>> OwnedInGroup(rd_kafka_t* client, const std::string& group, int timeout_ms) {
  GroupListPtr groups = ListGroup(client, group, timeout_ms);
  if (groups == nullptr) return Status::Retry("group " + group + " is not known");
  const rd_kafka_group_info& found = groups->groups[0];
  if (std::string_view(found.state) != "Stable") return Status::Retry("group " + group + " is " + found.state);
  std::set<TopicPartition> owned;
  for (int i = 0; i < found.member_cnt; ++i) {
    const rd_kafka_group_member_info& member = found.members[i];
    Result<std::set<TopicPartition>> of_member = ParseAssignment(
        {static_cast<const char*>(member.member_assignment), static_cast<size_t>(member.member_assignment_size)});
    if (!of_member.ok()) return of_member.status();
    owned.merge(*of_member);
  }
  return owned;
}

Result<std::set<TopicPartition>> ParseAssignment(std::string_view bytes) {
  std::set<TopicPartition> partitions;
  if (bytes.empty()) return partitions;  // of a member that has none
  WireReader reader(bytes);
  reader.Int16();  // the version: each begins like the first
  for (int32_t topics = reader.Int32(); reader.ok() && topics > 0; --topics) {
    const std::string topic = reader.String();
    for (int32_t count = reader.Int32(); reader.ok() && count > 0; --count) {
      const int32_t partition = reader.Int32();
      if (reader.ok()) partitions.insert({topic, partition});
    }
  }
  if (!reader.ok()) return Status::Invalid("an assignment of the group is cut short");
  return partitions;
}

bool IsCooperative(const KafkaProperties& properties) {
  auto strategy = properties.find("partition.assignment.strategy");
  return strategy != properties.end() && strategy->second.starts_with("cooperative");
}

}  // namespace odometer::rd
