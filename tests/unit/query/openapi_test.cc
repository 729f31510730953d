// schemas/openapi.yaml against the routes of each process: every route is documented, every documented one is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/http/operations.h"
#include "common/http/server.h"
#include "common/model/control.h"
#include "ingest/definitions.h"
#include "ingest/ingest.h"
#include "query/live/live.h"
#include "query/query.h"
#include "query/web/api_docs.h"
#include "query/web/dashboard.h"
#include "tests/unit/query/fake_kafka.h"
#include "tests/unit/query/fake_state_reader.h"

namespace odometer {
namespace {

using testing::UnorderedElementsAreArray;

// "get /metric"
using Routes = std::set<std::string>;

class IdleProducer : public AsyncProducer {
 public:
  Status Produce(const std::string&, const OutRecord&, Callback) override { return Status::Retry("idle"); }
  Status Flush(int) override { return Status::Ok(); }
  Status Healthy() const override { return Status::Ok(); }
};

class IdleControlWriter : public ControlWriter {
 public:
  Result<std::vector<std::pair<TopicPartition, int64_t>>> Write(Control) override {
    return Status::Retry("idle");
  }
};

const YAML::Node& Document() {
  static const YAML::Node document = YAML::LoadFile(ODOMETER_OPENAPI_FILE);
  return document;
}

// "#/paths/~1metric" → the node. JSON pointers write '/' as ~1.
YAML::Node Resolve(const std::string& reference) {
  YAML::Node node = Document();  // shares what it holds
  for (size_t begin = 2; begin < reference.size();) {
    size_t end = std::min(reference.find('/', begin), reference.size());
    std::string key = reference.substr(begin, end - begin);
    for (size_t at; (at = key.find("~1")) != std::string::npos;) key.replace(at, 2, "/");
    const YAML::Node next = std::as_const(node)[key];
    if (!next) throw std::runtime_error("nothing at " + reference);
    node.reset(next);
    begin = end + 1;
  }
  return node;
}

Routes DocumentedFor(const std::string& process) {
  Routes routes;
  for (const auto& path : Document()["paths"]) {
    YAML::Node item = path.second["$ref"] ? Resolve(path.second["$ref"].as<std::string>()) : path.second;
    for (const auto& operation : item) {
      for (const auto& name : operation.second["x-served-by"]) {
        if (name.as<std::string>() != process) continue;
        routes.insert(operation.first.as<std::string>() + ' ' + path.first.as<std::string>());
      }
    }
  }
  return routes;
}

std::string NameOf(const http::Router::Route& route) {
  std::string method(http::MethodName(route.method));
  std::transform(method.begin(), method.end(), method.begin(), [](unsigned char c) { return std::tolower(c); });
  return method + ' ' + route.pattern;
}

Routes RoutesOf(const http::Router& router) {
  Routes routes;
  for (const http::Router::Route& route : router.routes()) routes.insert(NameOf(route));
  return routes;
}

class OpenApiTest : public testing::Test {
 protected:
  OpenApiTest() { http::AddOperationsRoutes([] { return std::vector<std::string>(); }, &metrics_, &router_); }

  Metrics metrics_;
  ManualClock clock_;
  http::Router router_;
};

TEST_F(OpenApiTest, DocumentsTheRoutesOfIngest) {
  IdleProducer producer;
  AddIngestRoutes({}, &producer, &clock_, &metrics_, &router_);
  DefinitionTable table;
  AddDefinitionRoutes({}, &producer, &table, &clock_, &router_);
  AddIngestHealthRoutes(&producer, &router_);
  EXPECT_THAT(DocumentedFor("ingest"), UnorderedElementsAreArray(RoutesOf(router_)));
}

TEST_F(OpenApiTest, DocumentsTheRoutesOfQuery) {
  FakeStateReader state;
  IdleControlWriter control;
  FakeAdmin admin;
  std::unique_ptr<Query> query = NewQuery({}, &state, &control, &admin, &clock_, &metrics_);
  query->AddRoutes(&router_);
  auto no_tail = [](const std::string&) { return Result<std::unique_ptr<TopicTail>>(Status::Retry("idle")); };
  auto no_reader = [] { return Result<std::unique_ptr<LogReader>>(Status::Retry("idle")); };
  std::unique_ptr<Live> live = NewLive({}, no_tail, no_reader, /*sources=*/nullptr, &admin, &state, &clock_, &metrics_);
  live->AddRoutes(&router_);
  AddApiDocsRoutes(&router_);
  AddDashboardRoutes(&router_);
  EXPECT_THAT(DocumentedFor("query"), UnorderedElementsAreArray(RoutesOf(router_)));
}

TEST_F(OpenApiTest, DocumentsTheRoutesOfTheProcessor) {
  http::AddHealthRoute([] { return true; }, &router_);
  EXPECT_THAT(DocumentedFor("processor"), UnorderedElementsAreArray(RoutesOf(router_)));
}

// Of a route's name.
YAML::Node OperationOf(const std::string& route) {
  const size_t space = route.find(' ');
  const YAML::Node path = Document()["paths"][route.substr(space + 1)];
  return (path["$ref"] ? Resolve(path["$ref"].as<std::string>()) : path)[route.substr(0, space)];
}

// "open", "read" or "write".
std::string DocumentedAccess(const YAML::Node& operation) {
  if (operation["x-scope"]) return operation["security"] ? "both" : operation["x-scope"].as<std::string>();
  return operation["security"] && operation["security"].size() == 0 ? "open" : "not said";
}

TEST_F(OpenApiTest, SaysWhatTokenEachRouteWants) {
  IdleProducer producer;
  FakeStateReader state;
  IdleControlWriter control;
  FakeAdmin admin;
  DefinitionTable table;
  AddIngestRoutes({}, &producer, &clock_, &metrics_, &router_);
  AddDefinitionRoutes({}, &producer, &table, &clock_, &router_);
  std::unique_ptr<Query> query = NewQuery({}, &state, &control, &admin, &clock_, &metrics_);
  query->AddRoutes(&router_);
  AddApiDocsRoutes(&router_);
  AddDashboardRoutes(&router_);
  for (const http::Router::Route& route : router_.routes()) {
    const std::string name = NameOf(route);
    const std::string access = route.access == http::Access::kOpen   ? "open"
                               : route.access == http::Access::kRead ? "read"
                                                                     : "write";
    const YAML::Node operation = OperationOf(name);
    EXPECT_EQ(DocumentedAccess(operation), access) << name;
    EXPECT_EQ(operation["responses"]["403"].IsDefined(), access != "open") << name;
  }
}

TEST_F(OpenApiTest, EveryReferenceLeadsSomewhere) {
  int references = 0;
  std::function<void(const YAML::Node&)> check = [&](const YAML::Node& node) {
    if (node.IsMap()) {
      for (const auto& entry : node) {
        if (entry.first.as<std::string>() == "$ref") {
          ++references;
          EXPECT_NO_THROW(Resolve(entry.second.as<std::string>()));
        }
        check(entry.second);
      }
    } else if (node.IsSequence()) {
      for (const auto& entry : node) check(entry);
    }
  };
  check(Document());
  EXPECT_GT(references, 50);
}

TEST_F(OpenApiTest, EveryOperationSaysWhoServesItAndWhatItAnswers) {
  std::set<std::string> ids;
  for (const auto& path : Document()["paths"]) {
    if (path.second["$ref"]) continue;
    for (const auto& operation : path.second) {
      const std::string where = operation.first.as<std::string>() + ' ' + path.first.as<std::string>();
      EXPECT_GT(operation.second["x-served-by"].size(), 0u) << where;
      EXPECT_GT(operation.second["responses"].size(), 0u) << where;
      EXPECT_TRUE(ids.insert(operation.second["operationId"].as<std::string>()).second) << where;
    }
  }
}

}  // namespace
}  // namespace odometer
