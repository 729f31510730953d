#include "common/kafka/rd_membership.h"

#include <memory>
#include <string_view>

#include "common/kafka/rd_common.h"

namespace odometer::rd {

std::string MemberId(rd_kafka_t* client) {
  char* id = rd_kafka_memberid(client);
  if (id == nullptr) return "";
  std::string copy = id;
  rd_kafka_mem_free(client, id);
  return copy;
}

Status FencedStatus(rd_kafka_t* client, const std::string& group, const std::string& member_id, int timeout_ms) {
  const rd_kafka_group_list* listed = nullptr;
  rd_kafka_resp_err_t error = rd_kafka_list_groups(client, group.c_str(), &listed, timeout_ms);
  std::unique_ptr<const rd_kafka_group_list, Free<rd_kafka_group_list_destroy>> groups(listed);
  const std::string what = "the group has given up this member";
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR || groups == nullptr || groups->group_cnt == 0) return Status::Recover(what);
  const rd_kafka_group_info& found = groups->groups[0];
  for (int i = 0; i < found.member_cnt; ++i) {
    const std::string_view id = found.members[i].member_id;
    if (id == member_id || id == MemberId(client)) return Status::Recover(what);
  }
  if (found.member_cnt == 0) return Status::Recover(what);
  return Status::Stop("another processor with the same instance.id has joined group " + group +
                      ": give each one its own, or stop one of the two");
}

bool IsCooperative(const KafkaProperties& properties) {
  auto strategy = properties.find("partition.assignment.strategy");
  return strategy != properties.end() && strategy->second.starts_with("cooperative");
}

}  // namespace odometer::rd
