// Clients that send much and end nothing, or ask for much and take nothing: what they cost stays bounded, and the others
// are answered.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/serve/served_apis.h"
#include "tests/unit/state/state_writer.h"

namespace odometer {
namespace {

using http::RawClient;

constexpr size_t kMegabyte = 1 << 20;
constexpr size_t kLimit = 4 * kMegabyte;
// Of the process: what is counted, and what allocators, threads and the test itself take.
constexpr size_t kMostGrowth = 64 * kMegabyte;
// Sanitizers keep what was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kResidentTells = false;
#else
constexpr bool kResidentTells = true;
#endif

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t pages = 0, resident_pages = 0;
  statm >> pages >> resident_pages;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// One I/O thread, and deadlines beyond the test's: only the limit can end what its clients begin.
class BoundedMemory : public testing::Test {
 protected:
  void OthersAreAnswered() {
    ASSERT_EQ(served_.Ask(kGoodTrack).status, 204);
    ASSERT_EQ(served_.Ask(kGoodQuery).status, 200);
    most_resident_ = std::max(most_resident_, ResidentBytes());
    most_buffered_ = std::max(most_buffered_, served_.Level("odometer_http_buffered_bytes"));
  }

  // `one`: what a single client may have the server hold.
  void ExpectBounded(size_t resident_before, size_t one) {
    EXPECT_LE(most_buffered_, static_cast<double>(kLimit + one));
    if (!kResidentTells) return;
    EXPECT_LT(most_resident_, resident_before + kMostGrowth);
    RecordProperty("growth_bytes", std::to_string(most_resident_ - std::min(most_resident_, resident_before)));
  }

  ServedApis served_{{.threads = 1,
                      .request_timeout_ms = 600'000,
                      .response_timeout_ms = 600'000,
                      .write_timeout_ms = 600'000,
                      .max_buffered_bytes = kLimit}};
  size_t most_resident_ = 0;
  double most_buffered_ = 0;
};

TEST_F(BoundedMemory, PostsThatDoNotEnd) {
  const std::string item = R"({"name":"a","type":"COUNTER","value":1},)" + std::string(60, ' ');
  std::string begun = "POST /ingest/metrics HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n[";
  for (size_t i = 0; i < 9'000; ++i) begun += item;
  ASSERT_NO_FATAL_FAILURE(OthersAreAnswered());
  const size_t before = ResidentBytes();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<RawClient>(served_.port()));
    slow.back()->Send(begun);
    ASSERT_NO_FATAL_FAILURE(OthersAreAnswered());
  }
  ExpectBounded(before, begun.size());
}

TEST_F(BoundedMemory, LargeAnswersThatAreNotTaken) {
  StateWriter writer(served_.store(), TierSet::Default());
  std::vector<Series> series;
  for (int i = 0; i < 3'000; ++i) series.push_back(MakeSeries(std::to_string(i) + std::string(500, 'n')));
  writer.AddMany(0, series, 1);
  const std::string request = http::Get("/data/metrics");
  ASSERT_NO_FATAL_FAILURE(OthersAreAnswered());
  const size_t answer_bytes = served_.Ask(request).body.size();
  ASSERT_GT(answer_bytes, kMegabyte);
  const size_t before = ResidentBytes();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(std::make_unique<RawClient>(served_.port(), 4096));
    slow.back()->Send(request + request + request);
    ASSERT_NO_FATAL_FAILURE(OthersAreAnswered());
  }
  ExpectBounded(before, 3 * answer_bytes);
}

}  // namespace
}  // namespace odometer
