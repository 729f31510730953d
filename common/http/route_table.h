// The routes of a Router, prepared for look-up.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/message.h"
#include "common/http/server.h"

namespace odometer::http {

// A pattern's path, split as the path of a request is.
struct PathPattern {
  static PathPattern Parse(std::string_view pattern);  // std::logic_error when it is malformed

  // Matches the same paths.
  bool operator==(const PathPattern&) const = default;
  bool Matches(const Request& request) const;

  std::vector<std::string> segments;  // empty: a parameter
  bool trailing_slash = false;
};

// Immutable, hence safe from any thread.
class RouteTable {
 public:
  explicit RouteTable(const Router& router);

  static constexpr int kNoRoute = -1;
  struct Match {
    int route = kNoRoute;  // an index into routes()
    // Without a route: the methods that the path has, for the Allow header. Empty: there is no such path.
    std::string allow;
  };
  // Fills request->path_params when there is a route.
  Match Find(Request* request) const;

  const std::vector<Router::Route>& routes() const { return routes_; }
  // Every method that any route has.
  const std::string& all_methods() const { return all_methods_; }

 private:
  struct Candidate {
    PathPattern pattern;
    std::vector<std::pair<Method, int>> routes;
  };

  std::vector<Router::Route> routes_;
  // By number of segments; within one number the more literal ones first.
  std::map<size_t, std::vector<Candidate>> candidates_;
  std::string all_methods_;
};

}  // namespace odometer::http
