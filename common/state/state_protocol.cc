#include "common/state/state_protocol.h"

#include <array>
#include <optional>
#include <utility>

#include "common/base/bytes.h"
#include "common/model/aggregate_codec.h"

namespace odometer {
namespace {

enum Call : uint8_t { kView = 1, kWindows = 2, kTotals = 3, kRelease = 4, kCardinality = 5, kEvents = 6, kCalendar = 7 };

constexpr uint8_t kOk = 0;
// Index + 1 is the number in the protocol: never reorder.
constexpr std::array kErrorKinds = {ErrorKind::kInvalid, ErrorKind::kNotFound, ErrorKind::kRetry,
                                    ErrorKind::kAbort,   ErrorKind::kRecover,  ErrorKind::kStop};

std::string BeginFrame(uint8_t call_or_status, uint64_t id) {
  std::string frame(kFrameLengthBytes, '\0');
  ByteWriter out(&frame);
  out.U8(kStateProtocolVersion);
  out.U8(call_or_status);
  out.U64(id);
  return frame;
}

std::string EndFrame(std::string frame) {
  std::string length;
  ByteWriter(&length).U32(static_cast<uint32_t>(frame.size() - kFrameLengthBytes));
  frame.replace(0, kFrameLengthBytes, length);
  return frame;
}

void Encode(const std::optional<std::string>& text, ByteWriter* out) {
  out->U8(text ? 1 : 0);
  if (text) out->Blob(*text);
}
std::optional<std::string> DecodeOptional(ByteReader* in) {
  if (in->U8() == 0) return std::nullopt;
  return std::string(in->Blob());
}

void Encode(const SeriesSelector& selector, ByteWriter* out) {
  out->Blob(selector.org);
  Encode(selector.name, out);
  Encode(selector.qualified_name, out);
  out->U8(selector.type ? static_cast<uint8_t>(*selector.type) : 0);
  out->Varint(selector.labels.size());
  for (const auto& [name, value] : selector.labels) {
    out->Blob(name);
    out->Blob(value);
  }
  out->U8(selector.of_sources ? 1 : 0);
}
SeriesSelector DecodeSelector(ByteReader* in) {
  SeriesSelector selector;
  selector.org = in->Blob();
  selector.name = DecodeOptional(in);
  selector.qualified_name = DecodeOptional(in);
  if (uint8_t type = in->U8(); type != 0) selector.type = static_cast<MetricType>(type);
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    std::string name(in->Blob());
    selector.labels.emplace_back(std::move(name), in->Blob());
  }
  selector.of_sources = in->U8() != 0;
  return selector;
}

void Encode(const WindowRange& range, ByteWriter* out) {
  out->SignedVarint(range.size_ms);
  out->SignedVarint(range.from_ms);
  out->SignedVarint(range.to_ms);
  out->SignedVarint(range.bucket_ms);
}
WindowRange DecodeRange(ByteReader* in) {
  WindowRange range;
  range.size_ms = in->SignedVarint();
  range.from_ms = in->SignedVarint();
  range.to_ms = in->SignedVarint();
  range.bucket_ms = in->SignedVarint();
  return range;
}

// Each as what it is after the one before. Unsigned, as somebody may send what wraps around: that does not ascend.
void Encode(const std::vector<int64_t>& starts, ByteWriter* out) {
  out->Varint(starts.size());
  uint64_t before = 0;
  for (const int64_t start : starts) {
    out->SignedVarint(static_cast<int64_t>(static_cast<uint64_t>(start) - before));
    before = static_cast<uint64_t>(start);
  }
}
std::vector<int64_t> DecodeStarts(ByteReader* in) {
  std::vector<int64_t> starts;
  uint64_t start = 0;
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    start += static_cast<uint64_t>(in->SignedVarint());
    starts.push_back(static_cast<int64_t>(start));
  }
  return starts;
}

void Encode(const std::vector<TaskPosition>& tasks, ByteWriter* out) {
  out->Varint(tasks.size());
  for (const TaskPosition& task : tasks) {
    out->SignedVarint(task.partition);
    out->SignedVarint(task.next_input_offset);
    out->SignedVarint(task.stream_time_ms);
    out->SignedVarint(task.commit_wall_ms);
    out->SignedVarint(task.log_end_offset);
    out->SignedVarint(task.log_end_seen_ms);
    EncodeAccounting(task.accounting, out);
    EncodeRulesHistory(task.rules, out);
  }
}
void Encode(const std::vector<RestoringPartition>& restoring, ByteWriter* out) {
  out->Varint(restoring.size());
  for (const RestoringPartition& one : restoring) {
    out->SignedVarint(one.partition);
    out->SignedVarint(one.permille);
  }
}
void Encode(const StatePosition& position, ByteWriter* out) {
  out->SignedVarint(position.partitions_total);
  for (const auto* tasks : {&position.tasks, &position.command_tasks}) Encode(*tasks, out);
  out->Varint(position.sources.size());
  for (const SourcePosition& source : position.sources) {
    out->Blob(source.topic);
    out->SignedVarint(source.slot);
    out->SignedVarint(source.partitions_total);
    Encode(source.tasks, out);
    Encode(source.restoring, out);
  }
  Encode(position.restoring, out);
}
// What the Decode functions of answers give is only used when the reader did not fail, and all was read.
void Decode(ByteReader* in, std::vector<TaskPosition>* tasks) {
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    TaskPosition& task = tasks->emplace_back();
    task.partition = static_cast<int32_t>(in->SignedVarint());
    task.next_input_offset = in->SignedVarint();
    task.stream_time_ms = in->SignedVarint();
    task.commit_wall_ms = in->SignedVarint();
    task.log_end_offset = in->SignedVarint();
    task.log_end_seen_ms = in->SignedVarint();
    task.accounting = DecodeAccounting(in);
    task.rules = DecodeRulesHistory(in);
  }
}
void Decode(ByteReader* in, std::vector<RestoringPartition>* restoring) {
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    RestoringPartition& one = restoring->emplace_back();
    one.partition = static_cast<int32_t>(in->SignedVarint());
    one.permille = static_cast<int32_t>(in->SignedVarint());
  }
}
void Decode(ByteReader* in, StatePosition* position) {
  position->partitions_total = static_cast<int32_t>(in->SignedVarint());
  for (auto* tasks : {&position->tasks, &position->command_tasks}) Decode(in, tasks);
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    SourcePosition& source = position->sources.emplace_back();
    source.topic = in->Blob();
    source.slot = static_cast<int32_t>(in->SignedVarint());
    source.partitions_total = static_cast<int32_t>(in->SignedVarint());
    Decode(in, &source.tasks);
    Decode(in, &source.restoring);
  }
  Decode(in, &position->restoring);
}

void Encode(const Aggregate& aggregate, ByteWriter* out) {
  std::string bytes;
  AggregateCodec::Encode(aggregate, &bytes);
  out->Blob(bytes);
}
void Fail(ByteReader* in) { in->Raw(in->rest().size() + 1); }
void Decode(ByteReader* in, Aggregate* aggregate) {
  std::string_view bytes = in->Blob();
  if (in->failed()) return;
  Result<Aggregate> decoded = AggregateCodec::Decode(bytes);
  if (!decoded.ok()) return Fail(in);
  *aggregate = std::move(*decoded);
}

void Encode(const WindowsAnswer& answer, ByteWriter* out) {
  out->U8(answer.cut ? 1 : 0);
  out->SignedVarint(answer.complete_from_ms);
  out->Varint(answer.buckets.size());
  for (const Bucket& bucket : answer.buckets) {
    out->SignedVarint(bucket.start_ms);
    Encode(bucket.aggregate, out);
  }
}
void Decode(ByteReader* in, WindowsAnswer* answer) {
  answer->cut = in->U8() != 0;
  answer->complete_from_ms = in->SignedVarint();
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    Bucket& bucket = answer->buckets.emplace_back();
    bucket.start_ms = in->SignedVarint();
    Decode(in, &bucket.aggregate);
  }
}

void Encode(const SeriesPage& answer, ByteWriter* out) {
  out->Blob(answer.next_after);
  out->Varint(answer.totals.size());
  std::string identity;
  for (const SeriesTotal& total : answer.totals) {
    identity.clear();
    EncodeSeriesIdentity(total.series, &identity);
    out->Blob(identity);
    Encode(total.aggregate, out);
  }
}
void Decode(ByteReader* in, SeriesPage* answer) {
  answer->next_after = in->Blob();
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    SeriesTotal& total = answer->totals.emplace_back();
    Result<Series> series = DecodeSeriesIdentity(in->Blob());
    if (!series.ok()) return Fail(in);
    total.series = std::move(*series);
    Decode(in, &total.aggregate);
  }
}

void Encode(const std::vector<Cardinality::Row>& rows, ByteWriter* out) {
  out->Varint(rows.size());
  for (const Cardinality::Row& row : rows) {
    out->Blob(row.org);
    out->Blob(row.name);
    out->Varint(row.count);
  }
}
void Decode(ByteReader* in, std::vector<Cardinality::Row>* rows) {
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    Cardinality::Row& row = rows->emplace_back();
    row.org = in->Blob();
    row.name = in->Blob();
    row.count = in->Varint();
  }
}

void Encode(const Cardinality& answer, ByteWriter* out) {
  out->Varint(answer.series_by_task.size());
  for (const auto& [partition, series] : answer.series_by_task) {
    out->SignedVarint(partition);
    out->Varint(series);
  }
  for (const auto* rows : {&answer.orgs, &answer.names, &answer.overflowing}) Encode(*rows, out);
}
void Decode(ByteReader* in, Cardinality* answer) {
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    const int32_t partition = static_cast<int32_t>(in->SignedVarint());
    answer->series_by_task[partition] = in->Varint();
  }
  for (auto* rows : {&answer->orgs, &answer->names, &answer->overflowing}) Decode(in, rows);
}

void Encode(const EventPlace& place, ByteWriter* out) {
  out->SignedVarint(place.ts_ms);
  out->SignedVarint(place.appended_ms);
  out->SignedVarint(place.partition);
  out->SignedVarint(place.offset);
}
EventPlace DecodePlace(ByteReader* in) {
  EventPlace place;
  place.ts_ms = in->SignedVarint();
  place.appended_ms = in->SignedVarint();
  place.partition = static_cast<int32_t>(in->SignedVarint());
  place.offset = in->SignedVarint();
  return place;
}

void Encode(const EventsQuery& query, ByteWriter* out) {
  out->Blob(query.org);
  Encode(query.name, out);
  out->SignedVarint(query.from_ms);
  out->SignedVarint(query.to_ms);
  out->U8(query.after ? 1 : 0);
  if (query.after) Encode(*query.after, out);
  out->U8(query.before_offsets ? 1 : 0);
  if (query.before_offsets) {
    out->Varint(query.before_offsets->size());
    for (const auto& [partition, offset] : *query.before_offsets) {
      out->SignedVarint(partition);
      out->SignedVarint(offset);
    }
  }
  out->Varint(query.limit);
}
EventsQuery DecodeEventsQuery(ByteReader* in) {
  EventsQuery query;
  query.org = in->Blob();
  query.name = DecodeOptional(in);
  query.from_ms = in->SignedVarint();
  query.to_ms = in->SignedVarint();
  if (in->U8() != 0) query.after = DecodePlace(in);
  if (in->U8() != 0) {
    query.before_offsets.emplace();
    for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
      const int32_t partition = static_cast<int32_t>(in->SignedVarint());
      query.before_offsets->emplace_back(partition, in->SignedVarint());
    }
  }
  query.limit = in->Varint();
  return query;
}

void Encode(const EventsPage& page, ByteWriter* out) {
  out->U8(page.more ? 1 : 0);
  out->SignedVarint(page.retained_from_ms);
  out->Varint(page.rows.size());
  for (const EventsPage::Row& row : page.rows) {
    Encode(row.place, out);
    out->Varint(row.body_bytes);
  }
  out->Raw(page.bodies);
}
void Decode(ByteReader* in, EventsPage* page) {
  page->more = in->U8() != 0;
  page->retained_from_ms = in->SignedVarint();
  uint64_t bytes = 0;
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    EventsPage::Row& row = page->rows.emplace_back();
    row.place = DecodePlace(in);
    const uint64_t body_bytes = in->Varint();
    row.body_bytes = static_cast<uint32_t>(body_bytes);
    if (row.body_bytes != body_bytes) return Fail(in);
    bytes += body_bytes;
  }
  page->bodies = in->Raw(bytes);
}

template <typename Answer>
std::string EncodeAnyAnswer(uint64_t id, const Result<Answer>& answer) {
  if (!answer.ok()) return EncodeErrorFrame(id, answer.status());
  std::string frame = BeginFrame(kOk, id);
  ByteWriter out(&frame);
  Encode(*answer, &out);
  if (frame.size() - kFrameLengthBytes > kMaxAnswerFrameBytes) {
    return EncodeErrorFrame(id, Status::Invalid("the answer would be too large: ask for less at a time"));
  }
  return EndFrame(std::move(frame));
}

template <typename Answer>
Status DecodeAnyAnswer(std::string_view body, uint64_t id, Answer* answer) {
  const Status no_answer = Status::Retry("the state service sent something that is no answer to the request");
  ByteReader in(body);
  const uint8_t version = in.U8();
  const uint8_t status = in.U8();
  const uint64_t answered_id = in.U64();
  // 0: the service could not even read the request's id.
  if (in.failed() || (answered_id != id && !(answered_id == 0 && status != kOk))) return no_answer;
  if (status != kOk) {
    std::string message(in.Blob());
    if (in.failed() || status > kErrorKinds.size()) return no_answer;
    return {kErrorKinds[status - 1], std::move(message)};
  }
  if (version != kStateProtocolVersion) return no_answer;
  Decode(&in, answer);
  return in.Done() ? Status::Ok() : no_answer;
}

}  // namespace

size_t FrameBodyBytes(std::string_view frame_length) { return ByteReader(frame_length).U32(); }

std::string EncodeRequestFrame(const StateRequest& request) {
  if (const auto* view = std::get_if<ViewRequest>(&request.what)) {
    std::string frame = BeginFrame(kView, request.id);
    ByteWriter(&frame).Varint(view->patience_ms);
    return EndFrame(std::move(frame));
  }
  if (const auto* windows = std::get_if<WindowsRequest>(&request.what)) {
    const bool calendar = !windows->range.bucket_starts.empty();
    std::string frame = BeginFrame(calendar ? kCalendar : kWindows, request.id);
    ByteWriter out(&frame);
    Encode(windows->selector, &out);
    Encode(windows->range, &out);
    if (calendar) Encode(windows->range.bucket_starts, &out);
    return EndFrame(std::move(frame));
  }
  if (const auto* totals = std::get_if<TotalsRequest>(&request.what)) {
    std::string frame = BeginFrame(kTotals, request.id);
    ByteWriter out(&frame);
    Encode(totals->selector, &out);
    out.Blob(totals->after);
    out.Varint(totals->limit);
    return EndFrame(std::move(frame));
  }
  if (const auto* cardinality = std::get_if<CardinalityRequest>(&request.what)) {
    std::string frame = BeginFrame(kCardinality, request.id);
    ByteWriter out(&frame);
    Encode(cardinality->org, &out);
    out.Varint(cardinality->limit);
    return EndFrame(std::move(frame));
  }
  if (const auto* events = std::get_if<EventsRequest>(&request.what)) {
    std::string frame = BeginFrame(kEvents, request.id);
    ByteWriter out(&frame);
    Encode(events->query, &out);
    return EndFrame(std::move(frame));
  }
  return EndFrame(BeginFrame(kRelease, request.id));
}

std::string EncodeAnswerFrame(uint64_t id, const Result<StatePosition>& position) {
  return EncodeAnyAnswer(id, position);
}
std::string EncodeAnswerFrame(uint64_t id, const Result<WindowsAnswer>& answer) { return EncodeAnyAnswer(id, answer); }
std::string EncodeAnswerFrame(uint64_t id, const Result<SeriesPage>& answer) { return EncodeAnyAnswer(id, answer); }
std::string EncodeAnswerFrame(uint64_t id, const Result<Cardinality>& answer) { return EncodeAnyAnswer(id, answer); }
std::string EncodeAnswerFrame(uint64_t id, const Result<EventsPage>& answer) { return EncodeAnyAnswer(id, answer); }

std::string EncodeErrorFrame(uint64_t id, const Status& error) {
  uint8_t number = 1;
  while (kErrorKinds[number - 1] != error.kind()) ++number;
  std::string frame = BeginFrame(number, id);
  ByteWriter(&frame).Blob(error.message());
  return EndFrame(std::move(frame));
}

Result<StateRequest> DecodeRequest(std::string_view body, uint64_t* id) {
  *id = 0;
  ByteReader in(body);
  const uint8_t version = in.U8();
  const uint8_t call = in.U8();
  StateRequest request{.id = in.U64(), .what = {}};
  if (in.failed()) return Status::Invalid("a request is shorter than its head");
  *id = request.id;
  if (version != kStateProtocolVersion) {
    return Status::Invalid("state protocol version " + std::to_string(version) + " is not known here, only version " +
                           std::to_string(kStateProtocolVersion) +
                           ": run the same odometer for processor and query");
  }
  if (call == kView) {
    request.what = ViewRequest{.patience_ms = in.Varint()};
  } else if (call == kWindows || call == kCalendar) {
    WindowsRequest windows;
    windows.selector = DecodeSelector(&in);
    windows.range = DecodeRange(&in);
    if (call == kCalendar) windows.range.bucket_starts = DecodeStarts(&in);
    request.what = std::move(windows);
  } else if (call == kTotals) {
    TotalsRequest totals;
    totals.selector = DecodeSelector(&in);
    totals.after = in.Blob();
    totals.limit = in.Varint();
    request.what = std::move(totals);
  } else if (call == kCardinality) {
    CardinalityRequest cardinality;
    cardinality.org = DecodeOptional(&in);
    cardinality.limit = in.Varint();
    request.what = std::move(cardinality);
  } else if (call == kEvents) {
    request.what = EventsRequest{DecodeEventsQuery(&in)};
  } else if (call == kRelease) {
    request.what = ReleaseRequest{};
  } else {
    return Status::Invalid("unknown call " + std::to_string(call));
  }
  if (!in.Done()) return Status::Invalid("a malformed request");
  return request;
}

Status DecodeAnswer(std::string_view body, uint64_t id, StatePosition* answer) {
  return DecodeAnyAnswer(body, id, answer);
}
Status DecodeAnswer(std::string_view body, uint64_t id, WindowsAnswer* answer) {
  return DecodeAnyAnswer(body, id, answer);
}
Status DecodeAnswer(std::string_view body, uint64_t id, SeriesPage* answer) {
  return DecodeAnyAnswer(body, id, answer);
}
Status DecodeAnswer(std::string_view body, uint64_t id, Cardinality* answer) {
  return DecodeAnyAnswer(body, id, answer);
}
Status DecodeAnswer(std::string_view body, uint64_t id, EventsPage* answer) {
  return DecodeAnyAnswer(body, id, answer);
}

}  // namespace odometer
