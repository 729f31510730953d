#include "common/auth/token_table.h"

#include <algorithm>
#include <utility>

namespace odometer::auth {
namespace {

bool IsHash(std::string_view text) { return text.starts_with(kHashPrefix); }

// Requires a token that ParseTokens has let through.
Digest DigestOf(std::string_view text) {
  if (!IsHash(text)) return Sha256(text);
  const std::string bytes = FromHex(text.substr(kHashPrefix.size())).value();
  Digest digest;
  std::copy_n(bytes.begin(), digest.size(), digest.begin());
  return digest;
}

Digest SessionKey(std::string_view text, const Digest& digest, std::string_view secret, const Digest& process_key) {
  if (!secret.empty()) return HmacSha256(secret, BytesOf(digest));
  if (!IsHash(text)) return HmacSha256(text, "odometer session key");
  return HmacSha256(BytesOf(process_key), BytesOf(digest));
}

}  // namespace

Result<TokenTable> TokenTable::Make(const std::vector<ConfiguredToken>& tokens, std::string_view session_secret,
                                    const Digest& process_key) {
  TokenTable table;
  for (const ConfiguredToken& token : tokens) {
    const Digest digest = DigestOf(token.text);
    if (const Entry* same = table.Find(digest)) {
      return Status::Invalid("auth.tokens: entries " + std::to_string(same - table.entries_.data() + 1) + " and " +
                             std::to_string(table.size() + 1) + " are the same token");
    }
    const Digest key = SessionKey(token.text, digest, session_secret, process_key);
    table.entries_.push_back({digest, key, TagOf(key), token.grant});
  }
  return table;
}

const Grant* TokenTable::FindToken(std::string_view token) const {
  const Entry* entry = Find(Sha256(token));
  return entry == nullptr ? nullptr : &entry->grant;
}

const Grant* TokenTable::FindSession(std::string_view text, int64_t now_s) const {
  const std::optional<Session> session = ParseSession(text);
  if (!session) return nullptr;
  for (const Entry& entry : entries_) {
    if (entry.tag == session->tag && IsValid(*session, entry.session_key, now_s)) return &entry.grant;
  }
  return nullptr;
}

std::optional<std::string> TokenTable::NewSession(std::string_view token, int64_t now_s) const {
  const Entry* entry = Find(Sha256(token));
  if (entry == nullptr) return std::nullopt;
  return SessionText(entry->session_key, now_s + kSessionSeconds);
}

const TokenTable::Entry* TokenTable::Find(const Digest& digest) const {
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (SameBytes(BytesOf(entry.digest), BytesOf(digest))) found = &entry;
  }
  return found;
}

}  // namespace odometer::auth
