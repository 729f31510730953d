#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "common/kafka/group_admin.h"
#include "common/kafka/rd_common.h"

namespace odometer {
namespace {

constexpr auto kAskAgain = std::chrono::milliseconds(100);

using OptionsPtr = std::unique_ptr<rd_kafka_AdminOptions_t, rd::Free<rd_kafka_AdminOptions_destroy>>;
using DeleteTopicPtr = std::unique_ptr<rd_kafka_DeleteTopic_t, rd::Free<rd_kafka_DeleteTopic_destroy>>;

GroupMember MemberOf(const rd_kafka_MemberDescription_t* described) {
  GroupMember member;
  member.client_id = rd_kafka_MemberDescription_client_id(described);
  member.host = rd_kafka_MemberDescription_host(described);
  if (member.host.starts_with('/')) member.host.erase(0, 1);  // as Java prints an address
  const rd_kafka_topic_partition_list_t* partitions =
      rd_kafka_MemberAssignment_partitions(rd_kafka_MemberDescription_assignment(described));
  for (int i = 0; partitions != nullptr && i < partitions->cnt; ++i) {
    member.partitions.push_back({partitions->elems[i].topic, partitions->elems[i].partition});
  }
  std::sort(member.partitions.begin(), member.partitions.end());
  return member;
}

class RdGroupAdmin final : public GroupAdmin {
 public:
  RdGroupAdmin(std::string group, int timeout_ms) : group_(std::move(group)), timeout_ms_(timeout_ms) {}

  Status Open(const KafkaProperties& properties, const std::string& client_id) {
    rd::ClientConfig config{.type = RD_KAFKA_CONSUMER, .client_id = client_id, .properties = &properties};
    // What an open transaction commits is waited for.
    config.fixed = {{"group.id", group_}, {"enable.auto.commit", "false"}, {"isolation.level", "read_committed"}};
    Result<rd::ClientPtr> client = rd::NewClient(config);
    if (!client.ok()) return client.status();
    client_ = std::move(*client);
    return Status::Ok();
  }

  Result<std::vector<GroupMember>> Members() override {
    const int64_t give_up_ms = rd::NowMs() + timeout_ms_;
    Result<std::vector<GroupMember>> members = AskForMembers();
    // A coordinator that moves, or has only just been made, does not answer for the group yet.
    while (members.status().Is(ErrorKind::kRetry) && rd::NowMs() < give_up_ms) {
      std::this_thread::sleep_for(kAskAgain);
      members = AskForMembers();
    }
    return members;
  }

  Result<std::map<TopicPartition, int64_t>> Committed(const std::vector<TopicPartition>& partitions) override {
    std::map<TopicPartition, int64_t> committed;
    if (partitions.empty()) return committed;
    const rd::PartitionListPtr list = rd::NewPartitionList(partitions);
    const std::string context = "reading the committed offsets of group " + group_;
    const rd_kafka_resp_err_t error = rd_kafka_committed(client_.get(), list.get(), timeout_ms_);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ErrorStatus(error, context);
    for (int i = 0; i < list->cnt; ++i) {
      const rd_kafka_topic_partition_t& found = list->elems[i];
      if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ErrorStatus(found.err, context);
      if (found.offset >= 0) committed[{found.topic, found.partition}] = found.offset;
    }
    return committed;
  }

  Result<int64_t> OffsetAt(const TopicPartition& tp, int64_t time_ms) override {
    const std::string context = "asking for an offset of " + ToString(tp) + " by time";
    const std::pair<TopicPartition, int64_t> wanted{tp, time_ms};
    const rd::PartitionListPtr list = rd::NewPartitionList({&wanted, 1});
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(client_.get(), list.get(), timeout_ms_);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = list->elems[0].err;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ErrorStatus(error, context);
    if (list->elems[0].offset >= 0) return list->elems[0].offset;
    int64_t begin = 0;
    int64_t end = 0;
    error = rd_kafka_query_watermark_offsets(client_.get(), tp.topic.c_str(), tp.partition, &begin, &end, timeout_ms_);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ErrorStatus(error, context);
    return end;
  }

  Status DeleteTopic(const std::string& topic) override {
    const std::string context = "deleting topic " + topic;
    const DeleteTopicPtr wanted(rd_kafka_DeleteTopic_new(topic.c_str()));
    const rd::QueuePtr reply(rd_kafka_queue_new(client_.get()));
    rd_kafka_DeleteTopic_t* asked = wanted.get();
    rd_kafka_DeleteTopics(client_.get(), &asked, 1, /*options=*/nullptr, reply.get());
    const rd::EventPtr event(rd_kafka_queue_poll(reply.get(), timeout_ms_));
    if (event == nullptr) return Status::Retry(context + ": no answer");
    rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      size_t count = 0;
      const rd_kafka_topic_result_t** results =
          rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
      if (count == 1) error = rd_kafka_topic_result_error(results[0]);
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return Status::Ok();
    return rd::ErrorStatus(error, context);
  }

 private:
  Result<std::vector<GroupMember>> AskForMembers() {
    const std::string context = "asking for the members of group " + group_;
    const OptionsPtr options(rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS));
    std::array<char, 256> why{};  // in range
    static_cast<void>(rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, why.data(), why.size()));
    const rd::QueuePtr reply(rd_kafka_queue_new(client_.get()));
    const char* asked = group_.c_str();
    rd_kafka_DescribeConsumerGroups(client_.get(), &asked, 1, options.get(), reply.get());
    // The request's own time-out ends first.
    const rd::EventPtr event(rd_kafka_queue_poll(reply.get(), timeout_ms_ + 1000));
    if (event == nullptr) return Status::Retry(context + ": no answer");
    const rd_kafka_resp_err_t error = rd_kafka_event_error(event.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ErrorStatus(error, context);
    size_t count = 0;
    const rd_kafka_ConsumerGroupDescription_t** groups = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
    if (count != 1) return Status::Retry(context + ": empty answer");
    if (const rd_kafka_error_t* refused = rd_kafka_ConsumerGroupDescription_error(groups[0])) {
      return rd::ErrorStatus(rd_kafka_error_code(refused), context);
    }
    std::vector<GroupMember> members;
    for (size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(groups[0]); ++i) {
      members.push_back(MemberOf(rd_kafka_ConsumerGroupDescription_member(groups[0], i)));
    }
    return members;
  }

  const std::string group_;
  const int timeout_ms_;
  rd::ClientPtr client_;
};

}  // namespace

Result<std::unique_ptr<GroupAdmin>> NewRdGroupAdmin(const KafkaProperties& properties, const std::string& group,
                                                    const std::string& client_id, int timeout_ms) {
  auto admin = std::make_unique<RdGroupAdmin>(group, timeout_ms);
  ODOMETER_RETURN_IF_ERROR(admin->Open(properties, client_id));
  return std::unique_ptr<GroupAdmin>(std::move(admin));
}

}  // namespace odometer
