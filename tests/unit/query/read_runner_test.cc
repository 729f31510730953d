#include "query/read_runner.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/query/fake_state_reader.h"
#include "tests/unit/query/requests.h"

namespace odometer {
namespace {

TEST(ReadRunner, ABodyIsNotKept) {
  FakeStateReader state;
  ManualClock clock;
  Metrics metrics;
  WorkerPool workers(1, 10);
  OffsetWaiter waiter(&state, &clock, 10);
  ReadRunner runner("metrics.events", 1000, 2000, &state, &clock, &workers, &waiter, &metrics);
  http::Request request = GetRequest({{"key", "k"}});
  request.body = std::string(1'000'000, 'x');
  Caught caught;
  runner.Serve(request, caught.responder(), [](const http::Request& kept, StateView*) {
    return http::Response::Text(200, std::to_string(kept.body.capacity()));
  });
  EXPECT_LT(std::stoi(caught.Take().body), 100);
  workers.Stop();
  waiter.Stop();
}

}  // namespace
}  // namespace odometer
