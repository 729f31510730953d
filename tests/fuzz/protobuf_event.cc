// Events in protobuf.
#include "tests/fuzz/encoded_event.h"

namespace odometer {

void TestInput(std::string_view input) { TestEncodedEvent(Encoding::kProtobuf, input); }

}  // namespace odometer
