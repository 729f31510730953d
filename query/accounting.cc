#include "query/accounting.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/model/event_decoder.h"
#include "query/json_writer.h"

namespace odometer {
namespace {

// The members of an object that is open.
void WriteCounts(const Accounting& accounting, bool balanced, JsonWriter* json) {
  json->Key("consumed").Unsigned(accounting.consumed).Key("applied").Unsigned(accounting.applied);
  json->Key("duplicate").Unsigned(accounting.duplicate).Key("late").Unsigned(accounting.late);
  json->Key("overflowed").Unsigned(accounting.overflowed).Key("rejected").Unsigned(accounting.rejected_total());
  json->Key("rejected_by_reason").BeginObject();
  for (size_t reason = 0; reason < accounting.rejected.size(); ++reason) {
    if (accounting.rejected[reason] == 0) continue;
    json->Key(RejectReasonName(static_cast<RejectReason>(reason))).Unsigned(accounting.rejected[reason]);
  }
  json->EndObject();
  json->Key("balanced").Raw(balanced ? "true" : "false");
}

void WriteTask(const TaskPosition& task, JsonWriter* json) {
  json->BeginObject();
  json->Key("partition").Integer(task.partition).Key("next_offset").Integer(task.next_input_offset);
  json->Key("stream_time_ms");
  if (task.stream_time_ms == kBeginningOfTime) {
    json->Raw("null");
  } else {
    json->Integer(task.stream_time_ms);
  }
  json->Key("lag");
  if (task.log_end_offset < 0) {
    json->Raw("null");
  } else {
    json->Integer(std::max<int64_t>(0, task.log_end_offset - task.next_input_offset));
  }
  WriteCounts(task.accounting, task.accounting.Balanced(), json);
  json->EndObject();
}

// The members of an object that is open: of the commands' topic, which is counted by itself.
void WriteCommands(const std::vector<TaskPosition>& tasks, JsonWriter* json) {
  Accounting sum;
  bool balanced = true;
  for (const TaskPosition& task : tasks) {
    sum += task.accounting;
    balanced = balanced && task.accounting.Balanced();
  }
  WriteCounts(sum, balanced, json);
}

}  // namespace

http::Response AccountingResponse(const StatePosition& position) {
  Accounting sum;
  // Of every task: what one counted too much must not make up for what another lacks.
  bool balanced = true;
  for (const TaskPosition& task : position.tasks) {
    sum += task.accounting;
    balanced = balanced && task.accounting.Balanced();
  }
  std::string body;
  JsonWriter json(&body);
  json.BeginObject();
  WriteCounts(sum, balanced, &json);
  json.Key("partitions").BeginArray();
  for (const TaskPosition& task : position.tasks) WriteTask(task, &json);
  json.EndArray().Key("commands").BeginObject();
  WriteCommands(position.command_tasks, &json);
  json.EndObject().EndObject();
  return http::Response::Json(200, std::move(body));
}

}  // namespace odometer
