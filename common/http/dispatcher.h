// Hands a checked request to the handler of its route, or answers it when there is none, or when it may not have it.
#pragma once

#include "common/http/gate.h"
#include "common/http/message.h"
#include "common/http/route_table.h"
#include "common/http/server.h"

namespace odometer::http {

// Gives the route's index, or RouteTable::kNoRoute. Whatever the handler throws becomes a 500. `gate` may be null.
// Thread-safe.
int Dispatch(const RouteTable& routes, const Gate* gate, Request* request, Responder responder);

}  // namespace odometer::http
