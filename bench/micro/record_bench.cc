// From a record of the input topic to its event, in each encoding.
#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/state/input_record.h"

namespace odometer {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

// As in model_bench.cc.
constexpr std::string_view kPlainRecord =
    R"({"name":"requests.checkout.0042","type":"counter","value":3,"ts":1699999999123,"level":"web"})";

class HeaderList : public RecordView::HeaderSource {
 public:
  explicit HeaderList(std::vector<Header> headers) : headers_(std::move(headers)) {}
  std::vector<Header> Headers() const override { return headers_; }

 private:
  std::vector<Header> headers_;
};

std::string Text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

void ReadRecord(benchmark::State& state, const std::string& value, std::vector<Header> headers) {
  EventDecoder decoder;
  Event event;
  const HeaderList source(std::move(headers));
  RecordView record;
  record.timestamp_ms = kNowMs;
  record.value = value;
  record.header_source = &source;
  for (auto _ : state) {
    InputRecord input(record);
    if (input.Decode(&decoder, &event) != RejectReason::kNone) {
      state.SkipWithError("the record was rejected");
      return;
    }
    benchmark::DoNotOptimize(event);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(ReadRecord, json, std::string(kPlainRecord), {});
BENCHMARK_CAPTURE(ReadRecord, json_with_content_type, std::string(kPlainRecord), {{"content-type", "application/json"}});
BENCHMARK_CAPTURE(ReadRecord, cbor, Text(nlohmann::json::to_cbor(nlohmann::json::parse(kPlainRecord))),
                  {{"content-type", "application/cbor"}});
BENCHMARK_CAPTURE(ReadRecord, message_pack, Text(nlohmann::json::to_msgpack(nlohmann::json::parse(kPlainRecord))),
                  {{"content-type", "application/msgpack"}});
BENCHMARK_CAPTURE(ReadRecord, cloud_event,
                  R"({"specversion":"1.0","id":"7","source":"/shop","data":)" + std::string(kPlainRecord) + "}",
                  {{"content-type", "application/cloudevents+json"}});
BENCHMARK_CAPTURE(ReadRecord, statsd, std::string("requests.checkout.0042:3|c|#level:web|T1699999999"),
                  {{"content-type", "text/x-statsd"}});

}  // namespace
}  // namespace odometer
