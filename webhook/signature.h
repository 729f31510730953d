// How a receiver knows that a request is ours, and of now.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace odometer {

// The value of the header Odometer-Signature: "v1=" and the lower-case hexadecimal HMAC-SHA256, under the secret, of the
// timestamp in seconds, a dot and the body.
std::string WebhookSignature(std::string_view secret, int64_t timestamp_s, std::string_view body);

}  // namespace odometer
