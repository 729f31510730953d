// The hot path's parts, one by one: decoding, the series' identity, adding, merging, encoding.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "common/model/aggregate.h"
#include "common/model/aggregate_codec.h"
#include "common/model/event_decoder.h"
#include "common/model/series.h"

namespace odometer {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

// The record that the pipeline's benchmark uses: 93 bytes.
constexpr std::string_view kPlainRecord =
    R"({"name":"requests.checkout.0042","type":"counter","value":3,"ts":1699999999123,"level":"web"})";
static_assert(kPlainRecord.size() == 93);
constexpr std::string_view kLabelledRecord =
    R"({"name":"latency","type":"timer","value":12.5,"ts":"2023-11-14T22:13:19.123Z","level":"web","org":"acme",)"
    R"("labels":{"method":"GET","route":"/cart/{id}","status":"200","zone":"b"},"id":"6f1c2a"})";

void Decode(benchmark::State& state, std::string_view record) {
  EventDecoder decoder;
  Event event;
  for (auto _ : state) {
    if (decoder.Decode(record, kNowMs, &event) != RejectReason::kNone) {
      state.SkipWithError("the record was rejected");
      return;
    }
    benchmark::DoNotOptimize(event);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(record.size()));
}
BENCHMARK_CAPTURE(Decode, plain_93_bytes, kPlainRecord);
BENCHMARK_CAPTURE(Decode, labelled, kLabelledRecord);

void SeriesIdentity(benchmark::State& state, std::string_view record) {
  EventDecoder decoder;
  Event event;
  if (decoder.Decode(record, kNowMs, &event) != RejectReason::kNone) {
    state.SkipWithError("the record was rejected");
    return;
  }
  std::string identity;
  for (auto _ : state) {
    identity.clear();
    EncodeSeriesIdentity(event, &identity);
    benchmark::DoNotOptimize(identity.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(SeriesIdentity, plain, kPlainRecord);
BENCHMARK_CAPTURE(SeriesIdentity, labelled, kLabelledRecord);

std::vector<Number> LogNormalValues(double sigma) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> distribution(3, sigma);
  std::vector<Number> values(4096);
  for (Number& v : values) v = Number::Of(distribution(random));
  return values;
}

std::vector<Number> WholeValues() {
  std::mt19937_64 random(1);
  std::vector<Number> values(4096);
  for (Number& v : values) v = Number::Of(static_cast<int64_t>(random() % 1000));
  return values;
}

Aggregate AggregateOf(const std::vector<Number>& values, size_t count, bool with_sketch) {
  Aggregate aggregate;
  for (size_t i = 0; i < count; ++i) {
    aggregate.Add(values[i % values.size()], kNowMs + static_cast<int64_t>(i), {0, static_cast<int64_t>(i)},
                  with_sketch);
  }
  return aggregate;
}

void Add(benchmark::State& state, const std::vector<Number>& values, bool with_sketch) {
  Aggregate aggregate;
  int64_t i = 0;
  for (auto _ : state) {
    aggregate.Add(values[static_cast<size_t>(i) % values.size()], kNowMs + i, {0, i}, with_sketch);
    ++i;
    benchmark::DoNotOptimize(aggregate);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(Add, whole, WholeValues(), false);
BENCHMARK_CAPTURE(Add, fraction, LogNormalValues(0.5), false);
BENCHMARK_CAPTURE(Add, sketch_narrow, LogNormalValues(0.5), true);
BENCHMARK_CAPTURE(Add, sketch_wide, LogNormalValues(5), true);

void Merge(benchmark::State& state, bool with_sketch) {
  std::vector<Number> values = with_sketch ? LogNormalValues(1) : WholeValues();
  Aggregate from = AggregateOf(values, static_cast<size_t>(state.range(0)), with_sketch);
  Aggregate to = from;
  for (auto _ : state) {
    to.Merge(from);
    benchmark::DoNotOptimize(to);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(Merge, counter, false)->Arg(100);
BENCHMARK_CAPTURE(Merge, timer, true)->Arg(1)->Arg(100)->Arg(10'000);

Aggregate SetOf(int64_t members) {
  Aggregate aggregate;
  for (int64_t i = 0; i < members; ++i) {
    aggregate.AddMember(DistinctSketch::HashOf("user-" + std::to_string(i)), kNowMs + i, {0, i});
  }
  return aggregate;
}

void AddMember(benchmark::State& state) {
  Aggregate aggregate = SetOf(state.range(0));
  std::mt19937_64 random(1);
  std::vector<std::string> members(4096);
  const auto users = static_cast<uint64_t>(state.range(0));
  for (std::string& member : members) member = "user-" + std::to_string(random() % users);
  int64_t i = 0;
  for (auto _ : state) {
    const std::string& member = members[static_cast<size_t>(i) % members.size()];
    aggregate.AddMember(DistinctSketch::HashOf(member), kNowMs + i, {0, i});
    ++i;
    benchmark::DoNotOptimize(aggregate);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(AddMember)->Arg(1)->Arg(1000)->Arg(4096)->Arg(100'000);

// What a commit does with a set that is there: reads it, merges a few members, and writes it.
void CommitSet(benchmark::State& state) {
  const Aggregate delta = SetOf(10);
  std::string bytes, written;
  AggregateCodec::Encode(SetOf(state.range(0)), &bytes);
  for (auto _ : state) {
    Result<Aggregate> stored = AggregateCodec::Decode(bytes);
    stored->Merge(delta);
    written.clear();
    AggregateCodec::Encode(*stored, &written);
    benchmark::DoNotOptimize(written.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["encoded_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(CommitSet)->Arg(1)->Arg(100)->Arg(1000)->Arg(4096)->Arg(100'000);

void MergeSets(benchmark::State& state) {
  const Aggregate from = SetOf(state.range(0));
  Aggregate to = from;
  for (auto _ : state) {
    to.Merge(from);
    benchmark::DoNotOptimize(to);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(MergeSets)->Arg(100)->Arg(4096)->Arg(100'000);

void CountDistinct(benchmark::State& state) {
  const Aggregate set = SetOf(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(set.members()->Estimate());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CountDistinct)->Arg(5'000)->Arg(100'000)->Arg(1'000'000);

void Encode(benchmark::State& state, bool with_sketch) {
  std::vector<Number> values = with_sketch ? LogNormalValues(1) : WholeValues();
  Aggregate aggregate = AggregateOf(values, static_cast<size_t>(state.range(0)), with_sketch);
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    AggregateCodec::Encode(aggregate, &bytes);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["encoded_bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK_CAPTURE(Encode, counter, false)->Arg(1)->Arg(100);
BENCHMARK_CAPTURE(Encode, timer, true)->Arg(100)->Arg(10'000);

void DecodeAggregate(benchmark::State& state, bool with_sketch) {
  std::vector<Number> values = with_sketch ? LogNormalValues(1) : WholeValues();
  std::string bytes;
  AggregateCodec::Encode(AggregateOf(values, static_cast<size_t>(state.range(0)), with_sketch), &bytes);
  for (auto _ : state) {
    Result<Aggregate> aggregate = AggregateCodec::Decode(bytes);
    benchmark::DoNotOptimize(aggregate);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(DecodeAggregate, counter, false)->Arg(1)->Arg(100);
BENCHMARK_CAPTURE(DecodeAggregate, timer, true)->Arg(100)->Arg(10'000);

void Quantile(benchmark::State& state) {
  Aggregate aggregate = AggregateOf(LogNormalValues(1), 10'000, true);
  for (auto _ : state) benchmark::DoNotOptimize(aggregate.sketch()->Quantile(0.99));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Quantile);

}  // namespace
}  // namespace odometer
