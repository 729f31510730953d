#include "tests/simulation/workload.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "common/model/event_decoder.h"
#include "common/model/raw_event.h"
#include "tests/scenarios/processor_instance.h"

namespace odometer {

std::string SimulatedCode(int number) { return "M" + std::to_string(number); }

std::string SimulatedName(int number) {
  if (number > kSimulatedNames) return SimulatedCode(number - kSimulatedNames - 1);
  return number == kSimulatedNames ? std::string(kOverflowName) : "s" + std::to_string(number);
}

std::string SimulatedOrg(int number) {
  if (number == 0) return std::string(kDefaultOrg);
  return number == kSimulatedOrgs ? std::string(kOverflowName) : "o" + std::to_string(number);
}

// Text, so that it is kept and not counted.
std::string RawBody(const SentRecord& record) {
  return fmt::format(R"({{"value":"{}" , "name":"{}"}})", record.value, SimulatedName(record.name));
}

namespace {

// The event in one of the encodings, by its number.
struct EncodedEvent {
  EncodedEvent(const std::string& json, uint64_t number) {
    const nlohmann::json event = nlohmann::json::parse(json);
    std::vector<uint8_t> bytes(json.begin(), json.end());
    switch (number % 5) {
      case 1:
        bytes = nlohmann::json::to_cbor(event);
        headers = {{"content-type", "application/cbor"}};
        break;
      case 2:
        bytes = nlohmann::json::to_msgpack(event);
        headers = {{"content-type", "application/msgpack"}};
        break;
      case 3: {
        const std::string text = R"({"specversion":"1.0","data":)" + json + "}";
        bytes.assign(text.begin(), text.end());
        headers = {{"content-type", "application/cloudevents+json"}};
        break;
      }
      default: break;
    }
    value.assign(bytes.begin(), bytes.end());
  }
  OutRecord record() const { return {.value = value, .headers = headers}; }

  std::string value;
  std::vector<Header> headers;
};

}  // namespace

void Workload::Send(int32_t partition) {
  random_ = sends_.Fork();
  if (random_.OneIn(40)) return SendForget(partition);
  if (random_.OneIn(40)) return SendSet(partition);
  if (random_.OneIn(25)) return SendRubbish(partition);
  if (random_.OneIn(6)) return SendRaw(partition);
  SendEvents(partition);
}

void Workload::SendEvents(int32_t partition) {
  const bool transaction = random_.OneIn(8);
  const bool commit = !random_.OneIn(4);
  std::vector<SentRecord> events(static_cast<size_t>(transaction ? random_.Between(1, 3) : 1));
  std::vector<EncodedEvent> bodies;
  for (SentRecord& event : events) {
    event = RandomEvent(partition);
    bodies.emplace_back(EventBody(event), records_ + bodies.size());
  }
  const TopicPartition tp{kTopic, partition};
  if (!transaction) return Remember(partition, events[0], broker_->Append(tp, bodies[0].record()));
  std::vector<OutRecord> records;
  for (const EncodedEvent& body : bodies) records.push_back(body.record());
  int64_t offset = broker_->AppendTransaction(tp, records, commit);
  for (const SentRecord& event : events) {
    if (commit) Remember(partition, event, offset++);
  }
}

std::string Workload::EventBody(const SentRecord& event) const {
  const std::string id = event.id == SentRecord::kNoId ? "" : fmt::format(R"(,"id":"i{}")", event.id);
  const std::string org = event.org == 0 ? "" : fmt::format(R"(,"org":"{}")", SimulatedOrg(event.org));
  // A member is the same as text and as a whole number.
  const bool as_text = event.type == MetricType::kSet && records_ % 2 == 0;
  const std::string value = as_text ? fmt::format(R"("{}")", event.value) : std::to_string(event.value);
  return fmt::format(R"({{"name":"{}","type":"{}","value":{},"ts":{}{}{}}})", SimulatedName(event.name),
                     MetricTypeName(event.type), value, event.ts_ms, org, id);
}

void Workload::SendForget(int32_t partition) {
  SentRecord forget{.kind = SentRecord::Kind::kForget};
  forget.org = static_cast<int>(random_.Below(kSimulatedOrgs + 1));
  forget.name = static_cast<int>(random_.Below(kSimulatedNames + 1));
  SendControl(partition, "forget",
              {.org = SimulatedOrg(forget.org), .qualified_name = SimulatedName(forget.name), .set = std::nullopt}, forget);
}

// Every task forgets the series, one of them then has what it was set to.
void Workload::SendSet(int32_t partition) {
  SentRecord set = RandomEvent(partition);
  set.kind = SentRecord::Kind::kSet;
  set.count = random_.Between(1, 5);
  const bool here = random_.OneIn(2);
  const bool too_far_ahead = random_.OneIn(10);
  const int64_t latest_ms = clock_->WallMs() + kMaxFutureMs;
  if (too_far_ahead) set.ts_ms = latest_ms;
  Control control{.org = SimulatedOrg(set.org), .qualified_name = SimulatedName(set.name), .set = Control::Set{}};
  control.set->partition = here ? partition : partition + 1;
  control.set->series = {control.org, control.qualified_name, set.type, {}};
  Aggregate::Parts& parts = control.set->aggregate;
  parts.count = static_cast<uint64_t>(set.count);
  parts.sum.Add(Number::Of(set.count * set.value));
  parts.min = parts.max = parts.last = Number::Of(set.value);
  parts.first_ts_ms = parts.last_ts_ms = too_far_ahead ? latest_ms + random_.Between(0, 100'000) : set.ts_ms;
  parts.last_origin.partition = control.set->partition;
  if (!here) set.kind = SentRecord::Kind::kForget;
  SendControl(partition, "set", control, set);
}

void Workload::SendControl(int32_t partition, std::string_view kind, const Control& control, const SentRecord& record) {
  const std::string body = EncodeControl(control);
  Remember(partition, record,
           broker_->Append({kTopic, partition}, {.value = body, .headers = {{kControlHeader, kind}}}));
}

void Workload::SendRubbish(int32_t partition) {
  static const std::vector<std::string> kRubbish = {"", "not json", "{}", R"({"name":""})",
                                                    R"({"name":"s0","value":"1"})", R"({"name":"s0","type":"none"})",
                                                    R"({"name":"s0","type":"set"})"};
  const bool too_early = random_.OneIn(3);
  const std::string body = too_early ? fmt::format(R"({{"name":"s0","ts":{}}})", clock_->WallMs() + 301'000)
                                     : random_.Of(kRubbish);
  Remember(partition, {.kind = SentRecord::Kind::kRejected}, broker_->Append({kTopic, partition}, {.value = body}));
}

void Workload::SendRaw(int32_t partition) {
  SentRecord raw = RandomEvent(partition);
  raw.kind = SentRecord::Kind::kRaw;
  raw.type = MetricType::kEvent;
  raw.value = next_raw_++;
  raw.appended_ms = clock_->WallMs();
  const std::string body = RawBody(raw), ts = std::to_string(raw.ts_ms), id = fmt::format("i{}", raw.id);
  const std::string org = SimulatedOrg(raw.org);
  std::vector<Header> headers = {{kKindHeader, kRawKind}, {kOrgHeader, org}, {kTsHeader, ts}};
  if (raw.id != SentRecord::kNoId) headers.push_back({kIdHeader, id});
  Remember(partition, raw, broker_->Append({kTopic, partition}, {.value = body, .headers = headers}));
}

SentRecord Workload::RandomEvent(int32_t partition) {
  SentRecord event;
  event.org = random_.OneIn(2) ? 0 : static_cast<int>(random_.Below(kSimulatedOrgs));
  event.name = static_cast<int>(random_.Below(kSimulatedNames));
  event.type = kSimulatedTypes[random_.Below(kSimulatedTypes.size())];
  event.value = RandomValue(event.type);
  const int64_t delay_ms = random_.OneIn(10) ? random_.Between(0, longest_delay_ms_) : random_.Between(-2000, 3000);
  event.ts_ms = clock_->WallMs() - delay_ms;
  event.id = RandomId(partition);
  return event;
}

int64_t Workload::RandomValue(MetricType type) {
  switch (type) {
    case MetricType::kGauge: return random_.Between(-5, 5);
    case MetricType::kTimer: return random_.Between(-3, 9) * random_.Between(1, 100'000);
    case MetricType::kSet: return random_.Between(0, 36);
    default: return random_.Between(1, 9);
  }
}

int Workload::RandomId(int32_t partition) {
  if (random_.OneIn(2)) return SentRecord::kNoId;
  std::vector<int>& used = ids_[partition];
  if (!used.empty() && random_.OneIn(4)) return random_.Of(used);
  used.push_back(next_id_);
  return next_id_++;
}

void Workload::Remember(int32_t partition, SentRecord record, int64_t offset) {
  record.offset = offset;
  sent_[partition].push_back(record);
  ++records_;
}

}  // namespace odometer
