// Dead letters and the marks of replayed ones, as they are read from their topic: any headers, and those of letters of ours.
#include "processor/dead_letter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/dead_letters/replay_mark.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

class GivenHeaders final : public RecordView::HeaderSource {
 public:
  explicit GivenHeaders(std::vector<Header> headers) : headers_(std::move(headers)) {}
  std::vector<Header> Headers() const override { return headers_; }

 private:
  const std::vector<Header> headers_;
};

// One on each line, its name up to the first ':'.
std::vector<Header> ReadHeaders(std::string_view text) {
  std::vector<Header> headers;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t colon = std::min(line.find(':'), line.size());
    headers.push_back({line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))});
  }
  return headers;
}

std::optional<DeadLetterOrigin> Read(const std::vector<Header>& headers) {
  const GivenHeaders source(headers);
  RecordView record;
  record.header_source = &source;
  return ReadDeadLetter(record);
}

void TestHeaders(std::string_view text) {
  const std::vector<Header> headers = ReadHeaders(text);
  if (const auto origin = Read(headers)) {
    ODOMETER_FUZZ_REQUIRE(origin->partition >= 0 && origin->headers.size() < headers.size());
  }
  // Whatever a record has for headers, its letter says where it was.
  const GivenHeaders source(headers);
  RecordView record{.topic = "events", .partition = 3, .offset = 17, .timestamp_ms = 1'700'000'000'000, .value = text};
  record.header_source = &source;
  const DeadLetter letter = MakeDeadLetter("bad_name", record, static_cast<int64_t>(text.size()) + 200);
  const OutRecord written = ToRecord(letter);
  const auto origin = Read(written.headers);
  ODOMETER_FUZZ_REQUIRE(origin && origin->topic == "events" && origin->partition == 3 && origin->offset == 17);
  ODOMETER_FUZZ_REQUIRE(origin->reason == "bad_name" && origin->timestamp_ms == 1'700'000'000'000);
}

void TestReplayed(std::string_view text) {
  const auto spans = cli::DecodeReplayed(text);
  if (!spans) return;
  for (const auto& [first, last] : *spans) ODOMETER_FUZZ_REQUIRE(first >= 0 && first <= last);
}

}  // namespace

void TestInput(std::string_view input) {
  if (TakeByte(&input) == 'R') return TestReplayed(input);
  TestHeaders(input);
}

}  // namespace odometer
