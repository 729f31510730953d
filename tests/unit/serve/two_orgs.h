// acme and globex at one server, each with a token for everything.
#pragma once

#include <string>

#include "common/auth/token_table.h"
#include "common/http/gate.h"

namespace odometer {

inline auth::TokenTable TokensOfTwoOrgs() {
  return auth::TokenTable::Make(auth::ParseTokens(R"({"ta":"acme","to":"globex","tr":{"org":"globex","scope":"read"},
                                                      "tw":{"org":"globex","scope":"write"}})")
                                    .value(),
                                "", auth::Sha256("key"))
      .value();
}

inline std::string WithToken(const std::string& request, const std::string& token) {
  const size_t first_line = request.find("\r\n") + 2;
  return request.substr(0, first_line) + "x-auth-token: " + token + "\r\n" + request.substr(first_line);
}

}  // namespace odometer
