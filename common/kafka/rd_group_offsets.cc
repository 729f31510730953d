#include "common/kafka/rd_group_offsets.h"

namespace odometer::rd {

Result<std::optional<int64_t>> CommittedOffset(rd_kafka_t* client, const TopicPartition& tp, int timeout_ms) {
  PartitionListPtr list = NewPartitionList({&tp, 1});
  rd_kafka_resp_err_t error = rd_kafka_committed(client, list.get(), timeout_ms);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = list->elems[0].err;
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorStatus(error, ToString(tp) + ": reading the committed offset");
  if (list->elems[0].offset < 0) return std::optional<int64_t>();
  return std::optional<int64_t>(list->elems[0].offset);
}

Status CommitOffsets(rd_kafka_t* client, std::span<const std::pair<TopicPartition, int64_t>> offsets, int timeout_ms) {
  if (offsets.empty()) return Status::Ok();
  // A queue and not a synchronous commit, which has no time-out.
  QueuePtr reply(rd_kafka_queue_new(client));
  PartitionListPtr list = NewPartitionList(offsets);
  rd_kafka_resp_err_t error = rd_kafka_commit_queue(client, list.get(), reply.get(), nullptr, nullptr);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    EventPtr event(rd_kafka_queue_poll(reply.get(), timeout_ms));
    if (event == nullptr) return Status::Retry("committing offsets: no answer");
    error = rd_kafka_event_error(event.get());
    const rd_kafka_topic_partition_list_t* done = rd_kafka_event_topic_partition_list(event.get());
    for (int i = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && done != nullptr && i < done->cnt; ++i) {
      error = done->elems[i].err;
    }
  }
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return Status::Ok();
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__FATAL:
      return ErrorStatus(error, "committing offsets", ErrorKind::kRecover);
    default:
      return ErrorStatus(error, "committing offsets");
  }
}

}  // namespace odometer::rd
