#include "common/state/state_layout.h"

#include <numeric>
#include <utility>

#include "common/base/bytes.h"

namespace odometer {
namespace {

constexpr uint8_t kMetaVersion = 3;
constexpr uint8_t kRulesMetaVersion = 2;  // without the last record
constexpr uint8_t kFirstMetaVersion = 1;  // nor with rules
constexpr uint8_t kSourceVersion = 1;
constexpr uint8_t kCheckpointVersion = 1;
constexpr uint8_t kFormatVersion = 1;
constexpr size_t kTaskAndIdBytes = 8;

// 00 becomes 00 FF, and 00 01 ends the text: a text sorts before every longer one that begins with it.
void AppendEscaped(std::string_view text, std::string* out) {
  for (char c : text) {
    out->push_back(c);
    if (c == '\0') out->push_back('\xff');
  }
  out->append({'\0', '\x01'});
}

Status Malformed(const char* what) { return Status::Invalid(std::string("malformed ") + what); }

// Not OK when the version that a value starts with is not the one that this code reads.
Status CheckVersion(ByteReader* in, uint8_t known, const char* what) {
  uint8_t version = in->U8();
  if (in->failed()) return Malformed(what);
  if (version != known) {
    return Status::Invalid(std::string(what) + " of format version " + std::to_string(version) +
                           ", this program reads version " + std::to_string(known));
  }
  return Status::Ok();
}

std::string KindAndTaskKey(char kind, int32_t partition) {
  std::string key(1, kind);
  ByteWriter(&key).U32(static_cast<uint32_t>(partition));
  return key;
}

void EncodeMap(const std::map<std::string, int64_t>& map, ByteWriter* out) {
  out->Varint(map.size());
  for (const auto& [name, value] : map) {
    out->Blob(name);
    out->SignedVarint(value);
  }
}

void DecodeMap(ByteReader* in, std::map<std::string, int64_t>* map) {
  for (uint64_t left = in->Varint(); left > 0 && !in->failed(); --left) {
    std::string name(in->Blob());
    (*map)[std::move(name)] = in->SignedVarint();
  }
}

}  // namespace

StateLayout::StateLayout(const TierSet& tier_set, int64_t events_retention)
    : tiers(tier_set),
      events_retention_ms(events_retention),
      families{"meta",   "series",         "names",       "totals",   "ids",
               "events", "events-by-name", "definitions", "readings", "requests"} {
  for (const Tier& tier : tiers.windows) families.push_back(tier.StoreName());
}

int64_t StateLayout::EventsRetainedFromMs(int64_t stream_time_ms) const {
  if (events_retention_ms == kForever || stream_time_ms == kBeginningOfTime) return kBeginningOfTime;
  const Int128 from_ms = Int128{stream_time_ms} - events_retention_ms;
  return from_ms <= kBeginningOfTime ? kBeginningOfTime : static_cast<int64_t>(from_ms);
}

std::string TaskKey(int32_t partition) {
  std::string key;
  ByteWriter(&key).U32(static_cast<uint32_t>(partition));
  return key;
}
std::string MetaKey(int32_t partition) { return KindAndTaskKey('T', partition); }
std::string CheckpointKey(int32_t partition) { return KindAndTaskKey('C', partition); }

std::string EncodePartitionCount(int32_t partitions) {
  std::string out;
  ByteWriter(&out).U32(static_cast<uint32_t>(partitions));
  return out;
}
Result<int32_t> DecodePartitionCount(std::string_view bytes) {
  ByteReader in(bytes);
  int32_t partitions = static_cast<int32_t>(in.U32());
  if (!in.Done() || partitions < 0) return Malformed("partition count");
  return partitions;
}

std::string SourceKey(int32_t slot) { return KindAndTaskKey('S', slot); }
std::string EncodeSource(const StoredSource& source) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.U8(kSourceVersion);
  out.U8(source.read ? 1 : 0);
  out.U32(static_cast<uint32_t>(source.partitions));
  out.Blob(source.topic);
  return bytes;
}
Result<StoredSource> DecodeSource(std::string_view bytes) {
  ByteReader in(bytes);
  ODOMETER_RETURN_IF_ERROR(CheckVersion(&in, kSourceVersion, "source"));
  StoredSource source;
  const uint8_t read = in.U8();
  source.read = read == 1;
  source.partitions = static_cast<int32_t>(in.U32());
  source.topic = in.Blob();
  if (!in.Done() || read > 1 || source.partitions < 0) return Malformed("source");
  return source;
}
Result<std::map<int32_t, StoredSource>> ReadSources(const StoreView& view) {
  std::map<int32_t, StoredSource> sources;
  auto it = view.Scan(StateLayout::kMeta, "S", "T");
  for (; it->Valid(); it->Next()) {
    Result<StoredSource> source = DecodeSource(it->Value());
    if (!source.ok()) return source.status();
    ByteReader in(it->Key().substr(1));
    const int32_t slot = static_cast<int32_t>(in.U32());
    if (!in.Done() || slot < 0 || slot >= kMaxSources) return Malformed("key of a source");
    sources[slot] = std::move(*source);
  }
  ODOMETER_RETURN_IF_ERROR(it->status());
  return sources;
}

void AppendSeriesKey(int32_t partition, SeriesId id, std::string* out) {
  ByteWriter writer(out);
  writer.U32(static_cast<uint32_t>(partition));
  writer.U32(id);
}
void AppendWindowKey(int32_t partition, SeriesId id, int64_t window_start_ms, std::string* out) {
  AppendSeriesKey(partition, id, out);
  ByteWriter(out).SortableI64(window_start_ms);
}
WindowKeyParts ParseWindowKey(std::string_view key) {
  ByteReader in(key);
  int32_t partition = static_cast<int32_t>(in.U32());
  SeriesId id = in.U32();
  return {partition, id, in.SortableI64()};
}
std::pair<int32_t, SeriesId> ParseSeriesKey(std::string_view key) {
  ByteReader in(key);
  int32_t partition = static_cast<int32_t>(in.U32());
  return {partition, in.U32()};
}

// The same shape: a task and a number of 32 bits.
void AppendIdKey(int32_t partition, uint32_t slot, std::string* out) { AppendSeriesKey(partition, slot, out); }
uint32_t ParseIdKeySlot(std::string_view key) { return ParseSeriesKey(key).second; }

void AppendReadingKey(int32_t task, uint64_t definition_id, int64_t at_ms, std::string* out) {
  ByteWriter writer(out);
  writer.U32(static_cast<uint32_t>(task));
  writer.U64(definition_id);
  writer.SortableI64(at_ms);
}
int64_t ParseReadingKeyTime(std::string_view key) { return ByteReader(key.substr(key.size() - 8)).SortableI64(); }

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

void AppendNamePrefix(std::string_view org, std::string* out) { AppendEscaped(org, out); }
void AppendNamePrefix(std::string_view org, std::string_view name, std::string* out) {
  AppendEscaped(org, out);
  AppendEscaped(name, out);
}
void AppendNameKey(const Series& series, int32_t partition, SeriesId id, std::string* out) {
  AppendNamePrefix(series.org, series.name, out);
  ByteWriter(out).U8(static_cast<uint8_t>(series.type));
  AppendSeriesKey(partition, id, out);
}
std::pair<int32_t, SeriesId> ParseNameKeyEnd(std::string_view key) {
  return ParseSeriesKey(key.substr(key.size() - kTaskAndIdBytes));
}

uint64_t Accounting::rejected_total() const {
  return std::accumulate(rejected.begin(), rejected.end(), uint64_t{0});
}

Accounting& Accounting::operator+=(const Accounting& other) {
  consumed += other.consumed;
  applied += other.applied;
  duplicate += other.duplicate;
  late += other.late;
  overflowed += other.overflowed;
  for (size_t reason = 0; reason < rejected.size(); ++reason) rejected[reason] += other.rejected[reason];
  return *this;
}

void EncodeAccounting(const Accounting& accounting, ByteWriter* out) {
  out->Varint(accounting.consumed);
  out->Varint(accounting.applied);
  out->Varint(accounting.duplicate);
  out->Varint(accounting.late);
  out->Varint(accounting.overflowed);
  out->Varint(accounting.rejected.size());
  for (uint64_t count : accounting.rejected) out->Varint(count);
}

Accounting DecodeAccounting(ByteReader* in) {
  Accounting accounting;
  accounting.consumed = in->Varint();
  accounting.applied = in->Varint();
  accounting.duplicate = in->Varint();
  accounting.late = in->Varint();
  accounting.overflowed = in->Varint();
  uint64_t reasons = in->Varint();
  // Fewer were written by a program that knew fewer; of more, the surplus cannot be named and must not get lost.
  if (reasons > accounting.rejected.size()) {
    in->Raw(in->rest().size() + 1);
    return {};
  }
  for (uint64_t i = 0; i < reasons; ++i) accounting.rejected[i] = in->Varint();
  return accounting;
}

std::string EncodeTaskMeta(const TaskMeta& meta) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.U8(kMetaVersion);
  out.SignedVarint(meta.next_input_offset);
  out.SignedVarint(meta.stream_time_ms);
  out.Varint(meta.sequence);
  out.Varint(meta.next_series_id);
  out.SignedVarint(meta.commit_wall_ms);
  EncodeAccounting(meta.accounting, &out);
  EncodeRulesHistory(meta.rules, &out);
  out.SignedVarint(meta.last_record.offset);
  out.SignedVarint(meta.last_record.timestamp_ms);
  return bytes;
}

Result<TaskMeta> DecodeTaskMeta(std::string_view bytes) {
  ByteReader in(bytes);
  const uint8_t version = bytes.empty() ? 0 : static_cast<uint8_t>(bytes.front());
  const bool older = version == kFirstMetaVersion || version == kRulesMetaVersion;
  ODOMETER_RETURN_IF_ERROR(CheckVersion(&in, older ? version : kMetaVersion, "task meta"));
  TaskMeta meta;
  meta.next_input_offset = in.SignedVarint();
  meta.stream_time_ms = in.SignedVarint();
  meta.sequence = in.Varint();
  uint64_t next_series_id = in.Varint();
  meta.next_series_id = static_cast<SeriesId>(next_series_id);
  meta.commit_wall_ms = in.SignedVarint();
  meta.accounting = DecodeAccounting(&in);
  if (version > kFirstMetaVersion) meta.rules = DecodeRulesHistory(&in);
  if (version > kRulesMetaVersion) meta.last_record = {in.SignedVarint(), in.SignedVarint()};
  if (!in.Done() || meta.next_series_id != next_series_id) return Malformed("task meta");
  return meta;
}

std::string EncodeTaskCheckpoint(const TaskCheckpoint& checkpoint) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.U8(kCheckpointVersion);
  out.U8(checkpoint.restoring ? 1 : 0);
  out.SignedVarint(checkpoint.written_wall_ms);
  EncodeMap(checkpoint.changelog_next, &out);
  EncodeMap(checkpoint.complete_from_ms, &out);
  return bytes;
}

Result<TaskCheckpoint> DecodeTaskCheckpoint(std::string_view bytes) {
  ByteReader in(bytes);
  ODOMETER_RETURN_IF_ERROR(CheckVersion(&in, kCheckpointVersion, "task checkpoint"));
  TaskCheckpoint checkpoint;
  uint8_t restoring = in.U8();
  checkpoint.restoring = restoring == 1;
  checkpoint.written_wall_ms = in.SignedVarint();
  DecodeMap(&in, &checkpoint.changelog_next);
  DecodeMap(&in, &checkpoint.complete_from_ms);
  if (!in.Done() || restoring > 1) return Malformed("task checkpoint");
  return checkpoint;
}

std::string EncodeStateFormat(const StateFormat& format) {
  std::string bytes;
  ByteWriter out(&bytes);
  out.U8(kFormatVersion);
  out.Blob(format.application);
  out.Blob(format.input_topic);
  out.Blob(format.cluster_id);
  out.U8(format.tiers.total ? 1 : 0);
  out.Varint(format.tiers.windows.size());
  for (const Tier& tier : format.tiers.windows) {
    out.SignedVarint(tier.size_ms);
    out.SignedVarint(tier.retention_ms);
  }
  return bytes;
}

Result<StateFormat> DecodeStateFormat(std::string_view bytes) {
  ByteReader in(bytes);
  ODOMETER_RETURN_IF_ERROR(CheckVersion(&in, kFormatVersion, "state format"));
  StateFormat format;
  format.application = in.Blob();
  format.input_topic = in.Blob();
  format.cluster_id = in.Blob();
  uint8_t total = in.U8();
  format.tiers.total = total == 1;
  for (uint64_t left = in.Varint(); left > 0 && !in.failed(); --left) {
    int64_t size_ms = in.SignedVarint();
    format.tiers.windows.push_back({size_ms, in.SignedVarint()});
  }
  if (!in.Done() || total > 1) return Malformed("state format");
  return format;
}

}  // namespace odometer
