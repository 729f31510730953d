// Who may have what of a server: authentication, once for every route, before any handler.
//
// A request shows a token (the query parameter x-auth-token, else the header of that name, else "Authorization: Bearer")
// or, without one, a browser's session (the cookie x-auth-token). The first of these that is there decides, be it wrong.
// Its org goes into Request::org, and the route's Access must be within its scope; else the answer is a 403. Nobody is
// asked while no tokens are configured: everything is then the default org's.
//
// A browser logs in by any request with a token in the query that accepts text/html: the answer sets the cookie
// (session.h), and GET /logout clears it.
//
// A stream that goes on is asked again now and then: it ends with its token or session.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/auth/token_table.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/http/credentials.h"
#include "common/http/message.h"
#include "common/http/server.h"

namespace odometer::http {

// Thread-safe.
class Gate {
 public:
  // `clock` must outlive it.
  Gate(auth::TokenTable tokens, const Clock* clock);

  // Holds for every request from now on.
  void Replace(auth::TokenTable tokens);
  // Those that hold now.
  std::shared_ptr<const auth::TokenTable> tokens() const;

  // Takes the credentials off the request, and sets its org; or gives the answer to one that may not have the route. Adds
  // to *responder what its answer must carry: that no cache may give it to others, and the cookie. The gate must outlive
  // the answer.
  std::optional<Response> Enter(Access access, Request* request, Responder* responder) const;

 private:
  bool StillReads(const Credentials& shown, const std::string& org) const;
  // Null: they are none of these.
  const auth::Grant* Find(const auth::TokenTable& tokens, const Credentials& shown) const;
  Responder::Headers AnswerHeaders(const auth::TokenTable& tokens, const Credentials& shown,
                                   const Request& request) const;

  const Clock* const clock_;
  mutable Mutex mutex_;
  std::shared_ptr<const auth::TokenTable> tokens_ ODOMETER_GUARDED_BY(mutex_);
};

// GET /logout: clears the browser's cookie, and sends it to "/".
void AddLogoutRoute(Router* router);

}  // namespace odometer::http
