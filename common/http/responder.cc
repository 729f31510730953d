#include <algorithm>
#include <utility>

#include "common/http/server.h"

namespace odometer::http {

void Responder::Send(Response response) const {
  if (headers_) {
    for (const auto& header : *headers_) {
      const bool has_one = std::any_of(response.headers.begin(), response.headers.end(),
                                       [&](const auto& own) { return own.first == header.first; });
      if (!has_one) response.headers.push_back(header);
    }
  }
  sink_->Send(std::move(response));
}

}  // namespace odometer::http
