// What other members of the group own, as their clients encode it.
#include "common/kafka/rd_membership.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {

void TestInput(std::string_view bytes) {
  Result<std::set<TopicPartition>> owned = rd::ParseAssignment(bytes);
  ODOMETER_FUZZ_REQUIRE(owned.ok() || owned.status().Is(ErrorKind::kInvalid));
}

}  // namespace odometer
