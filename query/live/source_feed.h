// The end of one source of the rules, read for the live clients of this process: tells the publisher what its records may
// change. A source that cannot be read is logged, and tried again with the next look; nobody else waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/kafka/admin.h"
#include "common/kafka/topic_tail.h"
#include "query/live/change_publisher.h"
#include "query/live/source_reader.h"

namespace odometer {

using NewTail = std::function<Result<std::unique_ptr<TopicTail>>(const std::string& topic)>;

// One thread.
class SourceFeed {
 public:
  // All must outlive it.
  SourceFeed(std::string topic, const NewTail* new_tail, Admin* admin, SourceReader* reader, ChangePublisher* publisher)
      : topic_(std::move(topic)), new_tail_(new_tail), admin_(admin), reader_(reader), publisher_(publisher) {}

  const std::string& topic() const { return topic_; }
  // Begins at the present ends, where it has not begun; else goes on where it was, with partitions that are new.
  void Look();
  // Whether records came.
  bool Poll();

 private:
  class Events;
  Status TryLook();
  Status TryPoll();
  void Failed(const Status& why);

  const std::string topic_;
  const NewTail* const new_tail_;
  Admin* const admin_;
  SourceReader* const reader_;
  ChangePublisher* const publisher_;
  std::unique_ptr<TopicTail> tail_;   // null: not now
  std::map<int32_t, int64_t> next_;   // the next offset of each partition
  bool begun_ = false;
  std::vector<int32_t> lost_;
  std::vector<LiveChange> changes_;   // of one record
  size_t records_ = 0;                // of one round
};

}  // namespace odometer
