#include "query/instances.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "query/answer.h"
#include "query/json_writer.h"

namespace odometer {
namespace {

// Processors call themselves so, with the address of their instance's query process.
constexpr std::string_view kClientIdStart = "odometer@";

void WriteInstance(const GroupMember& member, JsonWriter* json) {
  const bool tells = member.client_id.starts_with(kClientIdStart);
  json->BeginObject().Key("address");
  if (tells) {
    json->String(std::string_view(member.client_id).substr(kClientIdStart.size()));
  } else {
    json->Raw("null");
  }
  json->Key("host").String(member.host).Key("topics").BeginArray();
  std::map<std::string, std::vector<int32_t>> topics;
  for (const TopicPartition& tp : member.partitions) topics[tp.topic].push_back(tp.partition);
  for (const auto& [topic, partitions] : topics) {
    json->BeginObject().Key("topic").String(topic).Key("partitions").BeginArray();
    for (const int32_t partition : partitions) json->Integer(partition);
    json->EndArray().EndObject();
  }
  json->EndArray().EndObject();
}

}  // namespace

http::Response InstancesResponse(const Result<std::vector<GroupMember>>& members) {
  if (!members.ok()) return BusyResponse(members.status().message());
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Key("instances").BeginArray();
  for (const GroupMember& member : *members) WriteInstance(member, &json);
  json.EndArray().EndObject();
  return http::Response::Json(200, std::move(body));
}

}  // namespace odometer
