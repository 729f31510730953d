#include "common/auth/session.h"

#include <algorithm>

#include "common/base/bytes.h"

namespace odometer::auth {
namespace {

std::string_view BytesOf(const SessionTag& tag) { return {reinterpret_cast<const char*>(tag.data()), tag.size()}; }

Digest Sign(const Digest& key, const SessionTag& tag, int64_t ends_s) {
  std::string message = "odometer session 1";
  message += BytesOf(tag);
  ByteWriter(&message).U64(static_cast<uint64_t>(ends_s));
  return HmacSha256(auth::BytesOf(key), message);
}

}  // namespace

SessionTag TagOf(const Digest& key) {
  const Digest digest = HmacSha256(auth::BytesOf(key), "odometer session tag");
  SessionTag tag;
  std::copy_n(digest.begin(), tag.size(), tag.begin());
  return tag;
}

std::string SessionText(const Digest& key, int64_t ends_s) {
  const SessionTag tag = TagOf(key);
  std::string bytes(BytesOf(tag));
  ByteWriter(&bytes).U64(static_cast<uint64_t>(ends_s));
  bytes += auth::BytesOf(Sign(key, tag, ends_s));
  return ToHex(bytes);
}

std::optional<Session> ParseSession(std::string_view text) {
  constexpr size_t kBytes = sizeof(SessionTag) + sizeof(uint64_t) + sizeof(Digest);
  if (text.size() != 2 * kBytes) return std::nullopt;
  const std::optional<std::string> bytes = FromHex(text);
  if (!bytes) return std::nullopt;
  Session session;
  std::copy_n(bytes->begin(), session.tag.size(), session.tag.begin());
  session.ends_s = static_cast<int64_t>(ByteReader(std::string_view(*bytes).substr(sizeof(SessionTag))).U64());
  std::copy_n(bytes->begin() + sizeof(SessionTag) + sizeof(uint64_t), session.signature.size(),
              session.signature.begin());
  return session;
}

bool IsValid(const Session& session, const Digest& key, int64_t now_s) {
  const Digest expected = Sign(key, session.tag, session.ends_s);
  return SameBytes(auth::BytesOf(expected), auth::BytesOf(session.signature)) && now_s < session.ends_s;
}

}  // namespace odometer::auth
