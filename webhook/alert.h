// What the delivery reads of an alert; the rest goes on as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace odometer {

struct AlertHead {
  std::string id;  // 1 to 200 visible ASCII characters: it goes into an HTTP header
  std::string org;
};

// Nothing when the record is no alert (schemas/alert.v1.schema.json).
std::optional<AlertHead> ReadAlertHead(std::string_view body);

}  // namespace odometer
