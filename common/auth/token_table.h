// Who may come in: the tokens of a configuration, prepared for look-up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/digest.h"
#include "common/auth/session.h"
#include "common/auth/tokens.h"
#include "common/base/status.h"

namespace odometer::auth {

inline constexpr int64_t kSessionSeconds = 12 * 3600;

// Immutable, hence safe from any thread. Looks at every token, and compares hashes of one length: the time that takes
// tells nothing about how near a guess came.
class TokenTable {
 public:
  // Empty: nobody is asked for a token.
  TokenTable() = default;
  // `session_secret` and `process_key`: see session.h; the secret may be empty. kInvalid when two entries are the same
  // token.
  static Result<TokenTable> Make(const std::vector<ConfiguredToken>& tokens, std::string_view session_secret,
                                 const Digest& process_key);

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  // Null: it is none of them. Valid as long as the table.
  const Grant* FindToken(std::string_view token) const;
  const Grant* FindSession(std::string_view text, int64_t now_s) const;
  // For a browser that came with the token; nothing when it is none of them.
  std::optional<std::string> NewSession(std::string_view token, int64_t now_s) const;

 private:
  struct Entry {
    Digest digest;  // of the token
    Digest session_key;
    SessionTag tag;
    Grant grant;
  };
  const Entry* Find(const Digest& digest) const;

  std::vector<Entry> entries_;
};

}  // namespace odometer::auth
