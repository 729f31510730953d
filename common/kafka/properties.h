// What an operator may set of librdkafka's own properties.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace odometer {

// Why a property must not be in a configuration: Odometer sets it itself; names the option to use instead, where there is
// one. Nothing for every other property.
std::optional<std::string_view> WhyReservedKafkaProperty(std::string_view name);
// Whether it is reserved and has no option: no client takes it then, whoever sets it.
bool ExactCountsDependOn(std::string_view name);

enum class KafkaPropertyCheck { kGood, kUnknown, kBadValue };
// Asks librdkafka.
KafkaPropertyCheck CheckKafkaProperty(const std::string& name, const std::string& value);

// Of all properties that librdkafka documents.
std::vector<std::string> KafkaPropertyNames();

}  // namespace odometer
