// Random values and aggregates for the property tests.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "common/model/aggregate.h"
#include "common/model/aggregate_codec.h"

namespace odometer {

struct Observation {
  Number value;
  int64_t ts_ms = 0;
  Origin origin;
};

using RandomNumber = Number (*)(std::mt19937_64*);

// Any whole number in [-2^63, 2^64), the ends more often than the rest.
inline Number RandomWhole(std::mt19937_64* random) {
  switch ((*random)() % 6) {
    case 0: return Number::Of(UINT64_MAX);
    case 1: return Number::Of(INT64_MIN);
    case 2: return Number::Of((*random)());
    case 3: return Number::Of(static_cast<int64_t>((*random)()));
    default: return Number::Of(static_cast<int64_t>((*random)() % 100) - 50);
  }
}

// Of either sign, from 1e-9 to 1e9, sometimes whole.
inline Number RandomFraction(std::mt19937_64* random) {
  double magnitude = std::pow(10, std::uniform_real_distribution<double>(-9, 9)(*random));
  if ((*random)() % 8 == 0) magnitude = std::floor(magnitude);
  return Number::Of((*random)() % 2 == 0 ? magnitude : -magnitude);
}

// Few event times and partitions, so that ties are frequent; an offset is used once per partition.
inline std::vector<Observation> RandomObservations(size_t count, RandomNumber draw, std::mt19937_64* random) {
  std::vector<Observation> observations;
  for (size_t i = 0; i < count; ++i) {
    observations.push_back({draw(random), static_cast<int64_t>((*random)() % 5) - 2,
                            {static_cast<int32_t>((*random)() % 3), static_cast<int64_t>(i)}});
  }
  return observations;
}

inline Aggregate AggregateOf(const std::vector<Observation>& observations, bool with_sketch) {
  Aggregate aggregate;
  for (const Observation& o : observations) aggregate.Add(o.value, o.ts_ms, o.origin, with_sketch);
  return aggregate;
}

// As members of a set.
inline void AddAsMember(const Observation& o, Aggregate* aggregate) {
  aggregate->AddMember(DistinctSketch::HashOf(o.value.ToJson()), o.ts_ms, o.origin);
}
inline Aggregate SetOf(const std::vector<Observation>& observations) {
  Aggregate aggregate;
  for (const Observation& o : observations) AddAsMember(o, &aggregate);
  return aggregate;
}

inline std::string Encoded(const Aggregate& aggregate) {
  std::string bytes;
  AggregateCodec::Encode(aggregate, &bytes);
  return bytes;
}

}  // namespace odometer
