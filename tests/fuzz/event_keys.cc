// Keys and values of raw events in the store. The first byte says which: 'V' a value, 'K' a key, anything else two events.
#include "common/state/event_keys.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "common/base/bytes.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

std::string TakeText(std::string_view* input) {
  const size_t bytes = std::min<size_t>(size_t{TakeByte(input)} * 3, input->size());  // long names too
  std::string text(input->substr(0, bytes));
  input->remove_prefix(bytes);
  return text;
}

struct Named {
  std::string org;
  std::string name;
  EventPlace place;

  std::string Key() const {
    std::string key = EventKeyPrefix(place.partition, org);
    AppendEventPlace(place, &key);
    return key;
  }
};

Named TakeEvent(std::string_view* input) {
  Named event{TakeText(input), TakeText(input), {}};
  ByteReader in(*input);
  event.place = {in.SortableI64(), in.SortableI64(), 7, in.SortableI64()};
  if (in.failed()) event.place = {0, 0, 7, 0};
  input->remove_prefix(std::min<size_t>(24, input->size()));
  return event;
}

// Keys sort as (org, place), by name as (org, name, place), and no prefix finds what is another's.
void TestKeys(std::string_view input) {
  const Named a = TakeEvent(&input), b = TakeEvent(&input);
  ODOMETER_FUZZ_REQUIRE((std::tie(a.org, a.place) < std::tie(b.org, b.place)) == (a.Key() < b.Key()));
  ODOMETER_FUZZ_REQUIRE(ParseEventPlace(a.Key()) == a.place);
  const std::string part = EventNamePart(a.name);
  ODOMETER_FUZZ_REQUIRE((part == EventNamePart(b.name)) == (a.name == b.name));
  ODOMETER_FUZZ_REQUIRE(a.name == b.name || !EventNamePart(b.name).starts_with(part));

  const std::optional<std::string> by_name = ByNameKey(a.Key(), part);
  ODOMETER_FUZZ_REQUIRE(by_name && ParseEventPlace(*by_name) == a.place);
  ODOMETER_FUZZ_REQUIRE(by_name->starts_with(EventKeyPrefix(7, a.org, part)));
  const bool found = by_name->starts_with(EventKeyPrefix(7, b.org, EventNamePart(b.name)));
  ODOMETER_FUZZ_REQUIRE(found == (a.org == b.org && a.name == b.name));
}

void TestValue(std::string_view bytes) {
  Result<StoredEvent> event = DecodeStoredEvent(bytes);
  if (!event.ok()) {
    ODOMETER_FUZZ_REQUIRE(event.status().Is(ErrorKind::kInvalid));
    return;
  }
  const std::string again = EncodeStoredEvent(*event);
  Result<StoredEvent> same = DecodeStoredEvent(again);
  ODOMETER_FUZZ_REQUIRE(same.ok() && same->name_part == event->name_part && same->body == event->body);
}

}  // namespace

void TestInput(std::string_view input) {
  switch (TakeByte(&input)) {
    case 'V': return TestValue(input);
    case 'K':
      if (std::optional<std::string> by_name = ByNameKey(input, "n")) {
        ODOMETER_FUZZ_REQUIRE(by_name->size() == input.size() + 1);
      }
      return;
    default: return TestKeys(input);
  }
}

}  // namespace odometer
