#include <algorithm>
#include <utility>

#include "common/http/live_stream.h"
#include "common/http/server.h"

namespace odometer::http {

void Responder::Send(Response response) const {
  if (admission_) {
    for (const auto& header : admission_->headers) {
      const bool has_one = std::any_of(response.headers.begin(), response.headers.end(),
                                       [&](const auto& own) { return own.first == header.first; });
      if (!has_one) response.headers.push_back(header);
    }
    if (response.live && admission_->holds) response.live->AdmitWhile(admission_->holds);
  }
  sink_->Send(std::move(response));
}

}  // namespace odometer::http
