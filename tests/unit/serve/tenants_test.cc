// Two orgs at one server: on every route, neither sees nor changes anything of the other's. A new route must have a rule
// here, or EveryRouteHasARule fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/model/control.h"
#include "common/model/event_decoder.h"
#include "common/model/raw_event.h"
#include "tests/unit/serve/served_apis.h"
#include "tests/unit/serve/two_orgs.h"
#include "tests/unit/state/state_writer.h"

namespace odometer {
namespace {

using http::Access;
using http::RawAnswer;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAreArray;

constexpr int64_t kT = 1'700'000'000'000;
// Only acme has it.
constexpr char kSecretName[] = "hidden";

// How a route keeps the orgs apart.
enum class Rule {
  kNothing,  // it shows and changes nothing that is an org's
  kShows,    // it shows the org's own: what another org has makes no difference to the answer
  kTotals,   // it shows what became of all records together: numbers, no names
  kWrites,   // what it writes is the org's own
};

struct RouteCase {
  Rule rule;
  std::vector<std::string> requests;  // without a token
};

std::string Bare(const std::string& method, const std::string& target) {
  return method + " " + target + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

std::vector<std::string> Reads(const std::string& path) {
  std::vector<std::string> requests;
  for (const char* name : {"k", kSecretName}) {
    for (const char* type : {"counter", "points&period=60", "gauge", "timer", "meter&to=1700000000000"}) {
      requests.push_back(http::Get(path + "?key=" + name + "&type=" + type));
    }
  }
  return requests;
}

const std::map<std::string, RouteCase>& Cases() {
  const std::string item = R"({"level":"web","name":"k","type":"COUNTER","value":1,"org":"acme"})";
  const std::string list = "/data/metrics", slash = "/data/metrics/";
  static const std::map<std::string, RouteCase> cases = {
      {"GET /track", {Rule::kWrites, {http::Get("/track?key=k&org=acme")}}},
      {"HEAD /track", {Rule::kWrites, {Bare("HEAD", "/track?key=k")}}},
      {"POST /ingest/metrics",
       {Rule::kWrites,
        {http::Post("/ingest/metrics", item), http::Post("/ingest/metrics", "[" + item + "," + item + "]")}}},
      // The source is globex's.
      {"POST /events", {Rule::kWrites, {http::Post("/events", R"({"_type":"e","name":"k","org":"globex"})")}}},
      {"GET /metric", {Rule::kShows, Reads("/metric")}},
      {"GET /read", {Rule::kShows, Reads("/read")}},
      // The gauges are acme's.
      {"GET /gauges", {Rule::kShows, {http::Get("/gauges")}}},
      {"GET /gauges/{names}", {Rule::kShows, {http::Get("/gauges/k"), http::Get("/gauges/k?start=0")}}},
      {"GET /data/metrics", {Rule::kShows, {http::Get(list), http::Get(list + "?name=k"), http::Get(list + "?level=web")}}},
      {"GET /data/metrics/", {Rule::kShows, {http::Get(slash), http::Get(slash + "?name=" + kSecretName)}}},
      {"GET /data/metrics/{record}", {Rule::kShows, {http::Get(slash + "web.k"), http::Get(slash + kSecretName)}}},
      {"POST /data/metrics", {Rule::kWrites, {http::Post(list, item)}}},
      {"POST /data/metrics/", {Rule::kWrites, {http::Post(slash, item)}}},
      {"DELETE /data/metrics/{record}",
       {Rule::kWrites, {Bare("DELETE", slash + "web.k"), Bare("DELETE", slash + kSecretName)}}},
      {"POST /v1/metrics", {Rule::kWrites, {http::Post("/v1/metrics", item)}}},
      {"GET /v1/metrics", {Rule::kShows, {http::Get("/v1/metrics"), http::Get("/v1/metrics?name=k&limit=1")}}},
      {"GET /api/v1/status/cardinality",
       {Rule::kShows, {http::Get("/api/v1/status/cardinality"), http::Get("/api/v1/status/cardinality?limit=1")}}},
      {"GET /api/v1/accounting", {Rule::kTotals, {http::Get("/api/v1/accounting")}}},
      {"GET /api/v1/instances", {Rule::kTotals, {http::Get("/api/v1/instances")}}},
      {"GET /health", {Rule::kNothing, {http::Get("/health")}}},
      {"GET /health/ping", {Rule::kNothing, {http::Get("/health/ping")}}},
      {"GET /logout", {Rule::kNothing, {http::Get("/logout")}}},
      {"GET /livez", {Rule::kNothing, {http::Get("/livez")}}},
      {"GET /readyz", {Rule::kNothing, {http::Get("/readyz")}}},
      {"GET /metrics", {Rule::kNothing, {http::Get("/metrics")}}},
  };
  return cases;
}

std::string NameOf(const http::Router::Route& route) {
  return std::string(http::MethodName(route.method)) + " " + route.pattern;
}

// On the topic of events, so that it is seen what is written to it.
class GlobexSource final : public EventSource {
 public:
  const std::string& org() const override { return org_; }
  const std::string& topic() const override { return topic_; }
  EventRefusal Check(std::string_view, int64_t) const override { return {}; }

 private:
  const std::string org_ = "globex", topic_ = kEventsTopic;
};

class World {
 public:
  // acme's data would make a difference.
  explicit World(bool with_acme) {
    for (MetricType type : {MetricType::kCounter, MetricType::kGauge, MetricType::kTimer, MetricType::kMeter}) {
      writer_.Add(0, MakeSeries("k", {{"level", "web"}}, type, "globex"), kT, 7);
      if (!with_acme) continue;
      writer_.Add(0, MakeSeries("k", {{"level", "web"}}, type, "acme"), kT + 1, 1'000);
      for (const char* name : {kSecretName, "__overflow__"}) writer_.Add(0, MakeSeries(name, {}, type, "acme"), kT, 1'000);
    }
    writer_.AddEvent("globex", "k", {.ts_ms = kT}, R"({"name":"k","value":"globex's"})");
    if (with_acme) writer_.AddEvent("acme", "k", {.ts_ms = kT - 1}, R"({"name":"k","value":"acme's"})");
  }

  ServedApis& served() { return served_; }
  RawAnswer Ask(const std::string& request) {
    http::RawClient client(served_.port());
    client.Send(request);
    return client.Read(/*to_head=*/request.starts_with("HEAD"));
  }

 private:
  static std::shared_ptr<const GaugeList> Gauges() {
    auto gauges = std::make_shared<GaugeList>();
    gauges->org = "acme";
    gauges->gauges = {{"k", MetricType::kCounter, Period::Fixed(3'600'000)}};
    return gauges;
  }

  SystemClock clock_;
  http::Gate gate_{TokensOfTwoOrgs(), &clock_};
  // Nothing applies what is written here: who waits for it waits in vain.
  ServedApis served_{{.gate = &gate_},
                     {.control_timeout_ms = 20, .gauges = [] { return Gauges(); }},
                     [] { return std::make_shared<const GlobexSource>(); }};
  StateWriter writer_{served_.store(), TierSet::Default()};
};

std::string OrgOf(const MemoryRecord& record) {
  for (const auto& [name, value] : record.headers) {
    if (name == kOrgHeader) return value;
    if (name == kControlHeader) {
      const Control control = DecodeControl(record.value).value();
      EXPECT_TRUE(!control.set || control.set->series.org == control.org);
      return control.org;
    }
  }
  EventDecoder decoder;
  Event event;
  EXPECT_EQ(decoder.Decode(record.value, kT, &event), RejectReason::kNone) << record.value;
  return std::string(event.org);
}

TEST(Tenants, EveryRouteHasARule) {
  World world(true);
  std::vector<std::string> routes;
  for (const http::Router::Route& route : world.served().routes()) {
    const std::string name = NameOf(route);
    routes.push_back(name);
    EXPECT_NE(route.access, Access::kUnstated) << name << " does not say what a token must be good for";
    ASSERT_TRUE(Cases().contains(name)) << name << ": say in this file what one org could see of another there";
    EXPECT_EQ(route.access == Access::kOpen, Cases().at(name).rule == Rule::kNothing) << name;
    EXPECT_EQ(route.access == Access::kWrite, Cases().at(name).rule == Rule::kWrites) << name;
  }
  std::vector<std::string> with_rule;
  for (const auto& [name, route] : Cases()) with_rule.push_back(name);
  EXPECT_THAT(routes, UnorderedElementsAreArray(with_rule));
}

TEST(Tenants, WithoutAGoodTokenNothingIsShownOrWritten) {
  World world(true);
  for (const auto& [name, route] : Cases()) {
    const bool open = route.rule == Rule::kNothing;
    const std::string other_scope = route.rule == Rule::kWrites ? "tr" : "tw";
    for (const std::string& request : route.requests) {
      for (const std::string& shown : {request, WithToken(request, ""), WithToken(request, "acme"),
                                       WithToken(request, "wrong"), WithToken(request, other_scope)}) {
        const RawAnswer answer = world.Ask(shown);
        EXPECT_EQ(answer.status == 403, !open) << shown << answer.status;
        EXPECT_THAT(answer.body, Not(HasSubstr("acme"))) << shown;
        EXPECT_THAT(answer.body, Not(HasSubstr("globex"))) << shown;
      }
    }
  }
  EXPECT_EQ(world.served().Written(), 0);
}

TEST(Tenants, ARouteThatShowsShowsTheOrgsOwn) {
  World both(true), alone(false);
  for (const auto& [name, route] : Cases()) {
    if (route.rule != Rule::kShows) continue;
    int differences = 0;
    for (const std::string& request : route.requests) {
      const RawAnswer expected = alone.Ask(WithToken(request, "to"));
      const RawAnswer answer = both.Ask(WithToken(request, "to"));
      EXPECT_EQ(answer.status, expected.status) << request;
      EXPECT_EQ(answer.body, expected.body) << request;
      EXPECT_THAT(answer.body, Not(HasSubstr("acme"))) << request;
      EXPECT_EQ(both.Ask(WithToken(request, "tr")).body, answer.body) << request;
      const RawAnswer acmes = both.Ask(WithToken(request, "ta"));
      if (acmes.body != answer.body) ++differences;
      EXPECT_THAT(acmes.body, Not(HasSubstr("globex"))) << request;
    }
    EXPECT_GT(differences, 0) << name << ": these requests show nothing, so they cannot fail";
  }
}

TEST(Tenants, ARouteThatShowsTotalsNamesNobody) {
  World world(true);
  for (const auto& [name, route] : Cases()) {
    if (route.rule != Rule::kTotals) continue;
    for (const std::string& request : route.requests) {
      const RawAnswer answer = world.Ask(WithToken(request, "to"));
      EXPECT_EQ(answer.status, 200) << request;
      EXPECT_THAT(answer.body, Not(HasSubstr("acme"))) << request;
    }
  }
}

TEST(Tenants, ARouteThatWritesWritesTheOrgsOwn) {
  World world(true);
  for (const auto& [name, route] : Cases()) {
    if (route.rule != Rule::kWrites) continue;
    const size_t before = world.served().Records().size();
    for (const std::string& request : route.requests) {
      for (const char* token : {"to", "tw"}) {
        EXPECT_THAT(world.Ask(WithToken(request, token)).status, testing::AnyOf(200, 204, 504)) << request;
      }
    }
    const std::vector<MemoryRecord> records = world.served().Records();
    EXPECT_EQ(records.size() > before, name != "HEAD /track") << name << ": nothing was written, so it cannot fail";
    for (size_t i = before; i < records.size(); ++i) EXPECT_EQ(OrgOf(records[i]), "globex") << name;
  }
}

TEST(Tenants, NobodyWritesToASourceOfAnotherOrg) {
  World world(true);
  const std::string request = Cases().at("POST /events").requests.front();
  EXPECT_EQ(world.Ask(WithToken(request, "ta")).status, 404);
  EXPECT_EQ(world.served().Written(), 0);
}

}  // namespace
}  // namespace odometer
