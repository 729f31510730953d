#include "webhook/signature.h"

#include "common/auth/digest.h"

namespace odometer {

std::string WebhookSignature(std::string_view secret, int64_t timestamp_s, std::string_view body) {
  std::string message = std::to_string(timestamp_s) + ".";
  message += body;
  return "v1=" + auth::ToHex(auth::BytesOf(auth::HmacSha256(secret, message)));
}

}  // namespace odometer
