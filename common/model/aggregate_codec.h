// The bytes of an aggregate, in RocksDB and in the changelogs: docs/formats/aggregate.md.
#pragma once

#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/model/aggregate.h"

namespace odometer {

struct AggregateCodec {
  static constexpr uint8_t kVersion = 1;

  // Appends. The same aggregate always gives the same bytes.
  static void Encode(const Aggregate& aggregate, std::string* out);
  // kInvalid, naming what is wrong, for anything that Encode does not write. Never reads outside `bytes`.
  static Result<Aggregate> Decode(std::string_view bytes);
};

}  // namespace odometer
