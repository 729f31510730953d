// The store's own records and keys. The first byte says which: 'T', 'C', 'F' and 'N' as in the keys of the meta family,
// anything else a pair of names.
#include "common/state/state_layout.h"

#include <string>
#include <tuple>

#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

// decode(encode(decode(input))) = decode(input).
template <typename T>
void TestValue(std::string_view input, Result<T> (*decode)(std::string_view), std::string (*encode)(const T&)) {
  Result<T> value = decode(input);
  if (!value.ok()) {
    ODOMETER_FUZZ_REQUIRE(value.status().Is(ErrorKind::kInvalid));
    return;
  }
  Result<T> again = decode(encode(*value));
  ODOMETER_FUZZ_REQUIRE(again.ok());
  ODOMETER_FUZZ_REQUIRE(*again == *value);
}

struct Name {
  std::string org;
  std::string name;

  std::string Key() const {
    std::string key;
    AppendNamePrefix(org, name, &key);
    return key;
  }
  friend auto operator<=>(const Name&, const Name&) = default;
};

std::string TakeText(std::string_view* input) {
  std::string text(input->substr(0, TakeByte(input)));
  input->remove_prefix(text.size());
  return text;
}

// The index sorts as the names do, no name is a prefix of another's key, and a prefix's end is behind all that has it.
void TestNames(std::string_view input) {
  const Name a{TakeText(&input), TakeText(&input)};
  const Name b{TakeText(&input), TakeText(&input)};
  ODOMETER_FUZZ_REQUIRE((a < b) == (a.Key() < b.Key()));
  ODOMETER_FUZZ_REQUIRE(a == b || !b.Key().starts_with(a.Key()));
  ODOMETER_FUZZ_REQUIRE(PrefixEnd(a.Key()) > a.Key());

  std::string key;
  AppendNameKey({.org = a.org, .name = a.name}, 7, 77, &key);
  ODOMETER_FUZZ_REQUIRE(key.starts_with(a.Key()) && key < PrefixEnd(a.Key()));
  ODOMETER_FUZZ_REQUIRE(ParseNameKeyEnd(key) == std::pair(7, SeriesId{77}));
}

}  // namespace

void TestInput(std::string_view input) {
  switch (TakeByte(&input)) {
    case 'T': return TestValue<TaskMeta>(input, DecodeTaskMeta, EncodeTaskMeta);
    case 'C': return TestValue<TaskCheckpoint>(input, DecodeTaskCheckpoint, EncodeTaskCheckpoint);
    case 'F': return TestValue<StateFormat>(input, DecodeStateFormat, EncodeStateFormat);
    case 'S': return TestValue<StoredSource>(input, DecodeSource, EncodeSource);
    case 'N': return TestValue<int32_t>(input, DecodePartitionCount, [](const int32_t& n) { return EncodePartitionCount(n); });
    default: return TestNames(input);
  }
}

}  // namespace odometer
