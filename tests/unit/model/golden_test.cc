// The bytes of the formats, as they were first written: schemas/golden/formats.txt, lines of a name and hex digits.
// A format changes by a new version number, never by other bytes for an old one.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <string>

#include "common/model/aggregate_codec.h"
#include "common/model/control.h"
#include "common/model/series.h"

namespace odometer {
namespace {

std::string Hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (char c : bytes) {
    hex += kDigits[static_cast<uint8_t>(c) >> 4];
    hex += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return hex;
}

std::string Bytes(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

const std::map<std::string, std::string>& Golden() {
  static const auto* golden = [] {
    auto* lines = new std::map<std::string, std::string>;
    std::ifstream file(ODOMETER_GOLDEN_DIR "/formats.txt");
    std::string name;
    for (std::string hex; file >> name >> hex;) (*lines)[name] = hex;
    return lines;
  }();
  return *golden;
}

std::string GoldenHex(const std::string& name) {
  auto at = Golden().find(name);
  return at == Golden().end() ? std::string() : at->second;
}

void ExpectGolden(const std::string& name, const Aggregate& aggregate) {
  std::string bytes;
  AggregateCodec::Encode(aggregate, &bytes);
  EXPECT_EQ(Hex(bytes), GoldenHex(name)) << name;
  Result<Aggregate> decoded = AggregateCodec::Decode(Bytes(GoldenHex(name)));
  ASSERT_TRUE(decoded.ok()) << name << ": " << decoded.status().ToString();
  std::string again;
  AggregateCodec::Encode(*decoded, &again);
  EXPECT_EQ(Hex(again), GoldenHex(name)) << name;
}

TEST(GoldenTest, Aggregates) {
  constexpr int64_t kMs = 1'700'000'000'000;
  ExpectGolden("aggregate.empty", Aggregate());

  Aggregate one;
  one.Add(Number::Of(int64_t{1}), kMs, {3, 123'456}, false);
  ExpectGolden("aggregate.one", one);

  Aggregate counter = one;
  counter.Add(Number::Of(int64_t{41}), kMs + 250, {0, 7}, false);
  counter.Add(Number::Of(UINT64_MAX), kMs + 100, {1, 9}, false);
  counter.Add(Number::Of(INT64_MIN), kMs + 101, {1, 10}, false);
  ExpectGolden("aggregate.counter", counter);

  Aggregate gauge;
  gauge.Add(Number::Of(-0.5), -1, {0, 0}, false);
  gauge.Add(Number::Of(0.1), 1, {0, 1}, false);
  ExpectGolden("aggregate.fractions", gauge);

  Aggregate huge;
  huge.Add(Number::Of(1.7e308), kMs, {0, 0}, false);
  huge.Add(Number::Of(1.7e308), kMs, {0, 1}, false);
  ExpectGolden("aggregate.scaled-fractions", huge);

  Aggregate timer;
  for (int64_t value : {0, 1, 1, 2, 100, -100, 1'000'000}) {
    timer.Add(Number::Of(value), kMs + value, {2, 1000 + value}, true);
  }
  ExpectGolden("aggregate.timer", timer);

  Aggregate set;
  int64_t offset = 0;
  for (const char* member : {"ann", "bob", "", "\u017b\u00f3\u0142w", "ann", "18446744073709551615"}) {
    set.AddMember(DistinctSketch::HashOf(member), kMs + offset, {1, offset});
    ++offset;
  }
  ExpectGolden("aggregate.set", set);
}

TEST(GoldenTest, ASetOfRegisters) {
  DistinctSketch sketch;
  for (int i = 0; i < 100'000; ++i) sketch.Add(DistinctSketch::HashOf("user-" + std::to_string(i)));
  std::string bytes;
  ByteWriter writer(&bytes);
  sketch.Encode(&writer);
  EXPECT_EQ(bytes.size(), DistinctSketch::kMaxEncodedBytes);
  EXPECT_EQ(Hex(bytes.substr(0, 40)), GoldenHex("members.registers.start"));
}

TEST(GoldenTest, ASketchThatFolded) {
  Sketch sketch;
  for (int exponent = -900; exponent < 900; ++exponent) {
    sketch.Add(std::ldexp(1.25, exponent), 1'000'000);
    sketch.Add(-std::ldexp(1.75, exponent), 3);
  }
  std::string bytes;
  ByteWriter writer(&bytes);
  sketch.Encode(&writer);
  EXPECT_LE(bytes.size(), Sketch::kMaxEncodedBytes);
  EXPECT_EQ(Hex(bytes.substr(0, 40)), GoldenHex("sketch.folded.start"));
}

TEST(GoldenTest, Series) {
  struct Case {
    const char* name;
    struct Series series;
  };
  for (const Case& c : {Case{"series.plain", {"default", "requests", MetricType::kCounter, {}}},
                        Case{"series.labels", {"acme", "cart", MetricType::kTimer, {{"level", "web"}, {"zone", ""}}}}}) {
    std::string bytes;
    EncodeSeriesIdentity(c.series, &bytes);
    EXPECT_EQ(Hex(bytes), GoldenHex(c.name)) << c.name;
    Result<struct Series> decoded = DecodeSeriesIdentity(Bytes(GoldenHex(c.name)));
    ASSERT_TRUE(decoded.ok()) << c.name;
    EXPECT_EQ(*decoded, c.series);
  }
}

TEST(GoldenTest, Controls) {
  Control forget{"acme", "web.cart", std::nullopt};
  EXPECT_EQ(Hex(EncodeControl(forget)), GoldenHex("control.forget"));
  Control::Set set;
  set.partition = 2;
  set.series = {"acme", "cart", MetricType::kGauge, {{"level", "web"}}};
  set.aggregate.count = 2;
  set.aggregate.sum.Add(Number::Of(int64_t{9}));
  set.aggregate.min = Number::Of(int64_t{4});
  set.aggregate.max = set.aggregate.last = Number::Of(int64_t{5});
  set.aggregate.first_ts_ms = 1000;
  set.aggregate.last_ts_ms = 2000;
  Control control{"acme", "web.cart", set};
  EXPECT_EQ(Hex(EncodeControl(control)), GoldenHex("control.set"));
  EXPECT_TRUE(DecodeControl(Bytes(GoldenHex("control.set"))).ok());
}

}  // namespace
}  // namespace odometer
