// What a browser's cookie holds instead of the token: when it ends, signed.
//
// Nothing is stored for it. A cookie is checked with a key that belongs to the token with which the browser logged in, so
// any process that has the token in its configuration, and the same key for it, accepts the cookie; the org and scope are
// those that the token has now; and with the token its sessions end. What it cannot do is end earlier than its time or
// its token: who has copied a cookie keeps it through a logout.
//
// The key of a token is, in this order:
//   of the setting auth.session.secret and the token's hash, where there is such a secret;
//   of the token, where it is configured in plain;
//   of a random key of this process and the hash. For of the hash alone everybody could sign who can read the
//   configuration, and hashes are there so that reading it is not enough.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/auth/digest.h"

namespace odometer::auth {

// Finds the key that a session was made with. Tells nothing about it.
using SessionTag = std::array<uint8_t, 8>;

struct Session {
  SessionTag tag;
  int64_t ends_s = 0;  // seconds since 1970 UTC
  Digest signature;
};

SessionTag TagOf(const Digest& key);
// The session as text, 96 hexadecimal digits.
std::string SessionText(const Digest& key, int64_t ends_s);
// Nothing for what is no such text. Not yet checked.
std::optional<Session> ParseSession(std::string_view text);
// Whether it was signed with that key, and has not ended.
bool IsValid(const Session& session, const Digest& key, int64_t now_s);

}  // namespace odometer::auth
