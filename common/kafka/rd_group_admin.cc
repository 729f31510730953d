#include <utility>

#include "common/kafka/group_admin.h"
#include "common/kafka/rd_common.h"

namespace odometer {
namespace {

using GroupListPtr = std::unique_ptr<const rd_kafka_group_list, rd::Free<rd_kafka_group_list_destroy>>;
using DeleteTopicPtr = std::unique_ptr<rd_kafka_DeleteTopic_t, rd::Free<rd_kafka_DeleteTopic_destroy>>;

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

  Result<size_t> Members() override {
    const rd_kafka_group_list* listed = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_list_groups(client_.get(), group_.c_str(), &listed, timeout_ms_);
    const GroupListPtr groups(listed);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return rd::ErrorStatus(error, "asking for the members of group " + group_);
    size_t members = 0;
    for (int i = 0; i < groups->group_cnt; ++i) members += static_cast<size_t>(groups->groups[i].member_cnt);
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
