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

void WriteRestoring(const std::vector<RestoringPartition>& restoring, JsonWriter* json) {
  json->Key("restoring").BeginArray();
  for (const RestoringPartition& one : restoring) {
    json->BeginObject().Key("partition").Integer(one.partition).Key("progress").Double(one.permille / 1000.0).EndObject();
  }
  json->EndArray();
}

// The members of an object that is open.
void WriteTask(const TaskPosition& task, JsonWriter* json) {
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
}

void WriteRules(const RulesHistory& rules, JsonWriter* json) {
  json->Key("events").Unsigned(rules.events).Key("without_events").Unsigned(rules.without_events);
  json->Key("rules").BeginArray();
  for (const RulesVersion& version : rules.versions) {
    json->BeginObject().Key("version").String(RulesVersionText(version.version));
    json->Key("from_offset").Integer(version.from_offset).Key("from_ms").Integer(version.from_ms).EndObject();
  }
  json->EndArray().Key("rules_forgotten").Unsigned(rules.forgotten);
}

void WriteSource(const SourcePosition& source, JsonWriter* json) {
  Accounting sum;
  uint64_t events = 0, without_events = 0;
  bool balanced = true;
  for (const TaskPosition& task : source.tasks) {
    sum += task.accounting;
    balanced = balanced && task.accounting.Balanced();
    events += task.rules.events;
    without_events += task.rules.without_events;
  }
  json->BeginObject().Key("topic").String(source.topic);
  WriteCounts(sum, balanced, json);
  json->Key("events").Unsigned(events).Key("without_events").Unsigned(without_events);
  json->Key("partitions_total").Integer(source.partitions_total).Key("partitions").BeginArray();
  for (const TaskPosition& task : source.tasks) {
    json->BeginObject();
    WriteTask(task, json);
    WriteRules(task.rules, json);
    json->EndObject();
  }
  json->EndArray();
  WriteRestoring(source.restoring, json);
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
  json.Key("partitions_total").Integer(position.partitions_total).Key("partitions").BeginArray();
  for (const TaskPosition& task : position.tasks) {
    json.BeginObject();
    WriteTask(task, &json);
    json.EndObject();
  }
  json.EndArray();
  WriteRestoring(position.restoring, &json);
  json.Key("commands").BeginObject();
  WriteCommands(position.command_tasks, &json);
  json.EndObject().Key("sources").BeginArray();
  for (const SourcePosition& source : position.sources) WriteSource(source, &json);
  json.EndArray().EndObject();
  return http::Response::Json(200, std::move(body));
}

}  // namespace odometer
