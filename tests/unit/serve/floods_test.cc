// One org asks more than is taken of it: it is refused, and every query of another org is answered meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/serve/served_apis.h"
#include "tests/unit/serve/two_orgs.h"
#include "tests/unit/state/state_writer.h"

namespace odometer {
namespace {

using http::RawClient;

// More than one org may have under way.
constexpr size_t kMostClients = 2'500;
// Of a state that has two.
const std::string kRead = http::Get("/metric?key=k&type=counter");
const std::string kReadOfTheThird = http::Get("/metric?key=k&type=counter&min-offset=metrics.events/0@2");
const std::string kReadOfTheMillionth = http::Get("/metric?key=k&type=counter&min-offset=metrics.events/0@999999");

bool IsAnswered(const RawClient& client) {
  char peeked = 0;
  return recv(client.socket_fd(), &peeked, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

// Deadlines are beyond the test's: whatever waits for acme is never answered.
class Floods : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(AllowFilesOf(kMostClients)); }

  Floods() {
    for (const char* org : {"acme", "globex"}) writer_.Add(0, MakeSeries("k", {}, MetricType::kCounter, org), 1, 7);
  }

  void ExpectGlobexIsAnswered() { ASSERT_EQ(served_.Ask(WithToken(kRead, "to")).status, 200); }

  // Each on a connection of its own, until one is refused.
  void FloodByAcme(const std::string& request) {
    const auto refused = [&] {
      const size_t latest = std::min<size_t>(acme_.size(), 10);
      return std::any_of(acme_.end() - static_cast<ptrdiff_t>(latest), acme_.end(),
                         [](const auto& client) { return IsAnswered(*client); });
    };
    while (!refused()) {
      ASSERT_LT(acme_.size(), kMostClients) << "acme may have more under way than this test believes";
      acme_.push_back(std::make_unique<RawClient>(served_.port()));
      ASSERT_TRUE(acme_.back()->Send(WithToken(request, "ta")));
      ASSERT_NO_FATAL_FAILURE(ExpectGlobexIsAnswered());
    }
  }

  SystemClock clock_;
  http::Gate gate_{TokensOfTwoOrgs(), &clock_};
  ServedApis served_{{.threads = 1, .request_timeout_ms = 600'000, .response_timeout_ms = 600'000, .gate = &gate_},
                     {.min_offset_timeout_ms = 600'000, .read_timeout_ms = 600'000}};
  StateWriter writer_{served_.store(), TierSet::Default()};
  std::vector<std::unique_ptr<RawClient>> acme_;
};

TEST_F(Floods, OneOrgsSlowReadsHoldUpNoOther) {
  served_.HoldReadsOf("acme");
  ASSERT_NO_FATAL_FAILURE(FloodByAcme(kRead));
  for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(ExpectGlobexIsAnswered());
  served_.HoldReadsOf("");
  // What was queued is answered in the end.
  size_t answered = 0;
  for (const auto& client : acme_) {
    const int status = client->Read().status;
    EXPECT_TRUE(status == 200 || status == 503) << status;
    if (status == 200) ++answered;
  }
  EXPECT_GE(answered, acme_.size() - 10);
  EXPECT_LT(answered, acme_.size());
}

TEST_F(Floods, OneOrgsWaitsForOffsetsTakeNoOthersPlace) {
  ASSERT_NO_FATAL_FAILURE(FloodByAcme(kReadOfTheMillionth));
  RawClient waiting(served_.port());
  waiting.Send(WithToken(kReadOfTheThird, "to"));
  for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(ExpectGlobexIsAnswered());
  EXPECT_FALSE(IsAnswered(waiting));
  writer_.Add(0, MakeSeries("k", {}, MetricType::kCounter, "globex"), 1, 7);
  EXPECT_EQ(waiting.Read().status, 200);
}

}  // namespace
}  // namespace odometer
