// What Meterite's clients send about metrics, and its errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/http/message.h"
#include "common/model/command.h"
#include "common/model/definition.h"
#include "common/state/definition_table.h"

namespace odometer {

// {"detail":…} with a text.
http::Response DetailResponse(int status, std::string_view detail);
// 422 {"detail":[{"loc":[…],"msg":…,"type":…}]}. `place`: "body" and "metric", for example.
http::Response FieldErrorResponse(const std::vector<std::string>& location, std::string_view message,
                                  std::string_view type);

// Each fills *command from a request's body; the answer when something is wrong with it.
std::optional<http::Response> ParseCreateBody(const std::string& body, Command* command);
// All fields may be left out; `code` only if it is the one of the path.
std::optional<http::Response> ParseChangeBody(const std::string& body, Command* command);
std::optional<http::Response> ParseReadingBody(const std::string& body, Command* command);

// The metric as JSON. `readings` null: without `meters`.
std::string MetricJson(const Definition& definition, const std::map<int64_t, Reading>* readings);
std::string MetricsJson(const std::vector<Definition>& definitions);
std::string ReadingJson(const Reading& reading, uint64_t metric_id);

}  // namespace odometer
