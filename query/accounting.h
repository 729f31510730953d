// GET /api/v1/accounting: what became of every record of the input topic.
#pragma once

#include "common/http/message.h"
#include "common/state/state_reader.h"

namespace odometer {

// A JSON object: the sums over all covered tasks, and each task's own, as of its last commit. `balanced` says whether
// consumed = applied + duplicate + late + rejected + overflowed; that of the sums, whether this holds for every task.
http::Response AccountingResponse(const StatePosition& position);

}  // namespace odometer
