#include "common/http/gate.h"

#include <string>
#include <string_view>
#include <utility>

namespace odometer::http {
namespace {

using auth::Grant;
using auth::Scope;

// In the words of Meterite, which its clients know.
Response Refused(std::string_view why) {
  return Response::Json(403, R"({"detail":")" + std::string(why) + R"("})");
}

std::optional<Response> Judge(Access access, const Grant* grant) {
  if (access == Access::kOpen) return std::nullopt;
  if (grant == nullptr) return Refused("Could not validate credentials");
  const bool reads = access == Access::kRead;
  if (Includes(grant->scope, reads ? Scope::kRead : Scope::kWrite)) return std::nullopt;
  return Refused(reads ? "This token may not read" : "This token may not write");
}

std::string Cookie(std::string_view value, int64_t max_age_s, bool secure) {
  std::string cookie(kTokenName);
  cookie += '=';
  cookie += value;
  cookie += "; Path=/; Max-Age=" + std::to_string(max_age_s) + "; HttpOnly; SameSite=Strict";
  return secure ? cookie + "; Secure" : cookie;
}

bool WantsHtml(const Request& request) {
  const std::optional<std::string_view> accept = request.Header("accept");
  return accept && accept->find("text/html") != std::string_view::npos;
}

}  // namespace

Gate::Gate(auth::TokenTable tokens, const Clock* clock)
    : clock_(clock), tokens_(std::make_shared<const auth::TokenTable>(std::move(tokens))) {}

void Gate::Replace(auth::TokenTable tokens) {
  auto replaced = std::make_shared<const auth::TokenTable>(std::move(tokens));
  MutexLock lock(mutex_);
  tokens_.swap(replaced);
}

std::shared_ptr<const auth::TokenTable> Gate::tokens() const {
  MutexLock lock(mutex_);
  return tokens_;
}

std::optional<Response> Gate::Enter(Access access, Request* request, Responder* responder) const {
  Credentials shown = TakeCredentials(request);
  const std::shared_ptr<const auth::TokenTable> table = tokens();
  Responder::Admission admission;
  if (!table->empty()) {
    const Grant* grant = Find(*table, shown);
    if (std::optional<Response> refusal = Judge(access, grant)) return refusal;
    if (grant == nullptr) return std::nullopt;
    request->org = grant->org;
    request->authenticated = true;
    admission.headers = AnswerHeaders(*table, shown, *request);
  }
  // Nothing else goes on for long.
  if (access == Access::kRead) {
    admission.holds = [this, shown = std::move(shown), org = request->org] { return StillReads(shown, org); };
  }
  responder->Admit(std::move(admission));
  return std::nullopt;
}

bool Gate::StillReads(const Credentials& shown, const std::string& org) const {
  const std::shared_ptr<const auth::TokenTable> table = tokens();
  if (table->empty()) return true;
  const Grant* grant = Find(*table, shown);
  return grant != nullptr && grant->org == org && Includes(grant->scope, Scope::kRead);
}

const Grant* Gate::Find(const auth::TokenTable& tokens, const Credentials& shown) const {
  if (shown.token) return tokens.FindToken(*shown.token);
  if (shown.session) return tokens.FindSession(*shown.session, clock_->WallMs() / 1000);
  return nullptr;
}

Responder::Headers Gate::AnswerHeaders(const auth::TokenTable& tokens, const Credentials& shown,
                                       const Request& request) const {
  if (!shown.in_query) return {{"Cache-Control", "private"}};
  // The address holds the token: it must not get into a cache, nor to where the page leads.
  Responder::Headers headers = {{"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"}};
  if (!WantsHtml(request)) return headers;
  if (const auto session = tokens.NewSession(*shown.token, clock_->WallMs() / 1000)) {
    const bool secure = request.Header("x-forwarded-proto") == "https";
    headers.emplace_back("Set-Cookie", Cookie(*session, auth::kSessionSeconds, secure));
  }
  return headers;
}

void AddLogoutRoute(Router* router) {
  router->AddSimple(Method::kGet, "/logout", Access::kOpen, [](const Request&) {
    Response response;
    response.status = 307;
    response.content_type.clear();
    response.With("Location", "/").With("Cache-Control", "no-store").With("Set-Cookie", Cookie("", 0, false));
    return response;
  });
}

}  // namespace odometer::http
