#include "common/http/route_table.h"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace odometer::http {
namespace {

std::string AllowHeader(const std::set<Method>& methods) {
  std::set<Method> allowed = methods;
  allowed.insert(Method::kOptions);
  if (allowed.contains(Method::kGet)) allowed.insert(Method::kHead);
  std::string list;
  for (Method method : allowed) {
    if (!list.empty()) list.append(", ");
    list.append(MethodName(method));
  }
  return list;
}

// Literal segments win over parameters, the leftmost difference decides.
bool MoreLiteral(const PathPattern& a, const PathPattern& b) {
  return std::lexicographical_compare(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                                      [](const std::string& x, const std::string& y) { return !x.empty() && y.empty(); });
}

std::vector<std::string> Params(const PathPattern& pattern, const Request& request) {
  std::vector<std::string> params;
  for (size_t i = 0; i < pattern.segments.size(); ++i) {
    if (pattern.segments[i].empty()) params.push_back(request.segments[i]);
  }
  return params;
}

}  // namespace

PathPattern PathPattern::Parse(std::string_view pattern) {
  auto malformed = [&] { return std::logic_error("malformed route pattern: " + std::string(pattern)); };
  if (pattern.empty() || pattern.front() != '/') throw malformed();
  PathPattern parsed;
  std::string_view rest = pattern.substr(1);
  if (rest.empty()) return parsed;
  if (rest.back() == '/') {
    parsed.trailing_slash = true;
    rest.remove_suffix(1);
  }
  while (true) {
    size_t slash = rest.find('/');
    std::string_view segment = rest.substr(0, slash);
    if (segment.empty()) throw malformed();
    bool parameter = segment.front() == '{' && segment.back() == '}';
    if (!parameter && segment.find_first_of("{}") != std::string_view::npos) throw malformed();
    parsed.segments.emplace_back(parameter ? std::string_view() : segment);
    if (slash == std::string_view::npos) return parsed;
    rest.remove_prefix(slash + 1);
  }
}

bool PathPattern::Matches(const Request& request) const {
  return trailing_slash == request.trailing_slash &&
         std::equal(segments.begin(), segments.end(), request.segments.begin(), request.segments.end(),
                    [](const std::string& wanted, const std::string& segment) {
                      return wanted.empty() ? !segment.empty() : wanted == segment;
                    });
}

RouteTable::RouteTable(const Router& router) : routes_(router.routes()) {
  std::set<Method> all;
  for (size_t i = 0; i < routes_.size(); ++i) {
    PathPattern pattern = PathPattern::Parse(routes_[i].pattern);
    std::vector<Candidate>& candidates = candidates_[pattern.segments.size()];
    auto same = std::find_if(candidates.begin(), candidates.end(),
                             [&](const Candidate& candidate) { return candidate.pattern == pattern; });
    if (same == candidates.end()) same = candidates.insert(candidates.end(), {std::move(pattern), {}});
    same->routes.emplace_back(routes_[i].method, static_cast<int>(i));
    all.insert(routes_[i].method);
  }
  for (auto& [size, candidates] : candidates_) {
    std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return MoreLiteral(a.pattern, b.pattern);
    });
  }
  all_methods_ = AllowHeader(all);
}

RouteTable::Match RouteTable::Find(Request* request) const {
  auto same_size = candidates_.find(request->segments.size());
  if (same_size == candidates_.end()) return {};
  std::set<Method> methods;
  for (const Candidate& candidate : same_size->second) {
    if (!candidate.pattern.Matches(*request)) continue;
    auto with_method = [&](Method method) {
      return std::find_if(candidate.routes.begin(), candidate.routes.end(),
                          [&](const auto& route) { return route.first == method; });
    };
    auto route = with_method(request->method);
    if (route == candidate.routes.end() && request->method == Method::kHead) route = with_method(Method::kGet);
    if (route != candidate.routes.end()) {
      request->path_params = Params(candidate.pattern, *request);
      return {route->second, {}};
    }
    for (const auto& [method, index] : candidate.routes) methods.insert(method);
  }
  if (methods.empty()) return {};
  return {kNoRoute, AllowHeader(methods)};
}

void Router::Add(Method method, std::string pattern, Access access, Handler handler) {
  PathPattern parsed = PathPattern::Parse(pattern);
  for (const Route& route : routes_) {
    if (route.method == method && PathPattern::Parse(route.pattern) == parsed) {
      throw std::logic_error("two routes are the same: " + std::string(MethodName(method)) + " " + pattern);
    }
  }
  routes_.push_back({method, std::move(pattern), std::move(handler), access});
}

void Router::AddSimple(Method method, std::string pattern, Access access, SimpleHandler handler) {
  Add(method, std::move(pattern), access, [handler = std::move(handler)](Request& request, const Responder& responder) {
    responder.Send(handler(request));
  });
}

}  // namespace odometer::http
