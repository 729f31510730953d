#include "common/kafka/rd_membership.h"

#include <memory>
#include <string>
#include <string_view>

#include "common/kafka/rd_common.h"

namespace odometer::rd {

namespace {

// As a broker names static members: the instance id, and a UUID.
bool IsMemberOf(std::string_view member_id, std::string_view instance_id) {
  constexpr size_t kUuidBytes = 36;
  return member_id.size() == instance_id.size() + 1 + kUuidBytes && member_id.starts_with(instance_id);
}

}  // namespace

std::string MemberId(rd_kafka_t* client) {
  char* id = rd_kafka_memberid(client);
  if (id == nullptr) return "";
  std::string copy = id;
  rd_kafka_mem_free(client, id);
  return copy;
}

Status FencedStatus(rd_kafka_t* client, const StaticMember& self, int timeout_ms) {
  const rd_kafka_group_list* listed = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_list_groups(client, self.group.c_str(), &listed, timeout_ms);
  std::unique_ptr<const rd_kafka_group_list, Free<rd_kafka_group_list_destroy>> groups(listed);
  const Status given_up = Status::Recover("the group has given up this member");
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || groups == nullptr || groups->group_cnt == 0) return given_up;
  const rd_kafka_group_info& found = groups->groups[0];
  for (int i = 0; i < found.member_cnt; ++i) {
    const std::string_view id = found.members[i].member_id;
    if (!IsMemberOf(id, self.instance_id)) continue;
    if (id == self.member_id || id == MemberId(client)) return given_up;
    return Status::Stop("another processor with the same instance.id has joined group " + self.group +
                        ": give each one its own, or stop one of the two");
  }
  return given_up;
}

bool IsCooperative(const KafkaProperties& properties) {
  auto strategy = properties.find("partition.assignment.strategy");
  return strategy != properties.end() && strategy->second.starts_with("cooperative");
}

}  // namespace odometer::rd
