// What the live clients' follower needs to know of the rules. (The query process does not include them: who puts the real
// parts together hands this in.)
#pragma once

#include <string>
#include <vector>

#include "common/kafka/types.h"
#include "query/live/live_event.h"

namespace odometer {

// Used by one thread at a time.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  // The sources as the rules of now name them. They may be others at the next call.
  virtual std::vector<std::string> Topics() = 0;
  // Appends what the source's record may change: nothing where it is rejected, or no rule matches.
  virtual void Read(const RecordView& record, std::vector<LiveChange>* changes) = 0;
};

}  // namespace odometer
