// GET /api/v1/status/cardinality: who has the most series, and whose events are folded into overflow series. Of all orgs
// where no tokens are configured, else of the token's.
#pragma once

#include "common/http/message.h"
#include "common/state/state_reader.h"

namespace odometer {

http::Response ReadCardinality(const http::Request& request, StateView* view);

}  // namespace odometer
