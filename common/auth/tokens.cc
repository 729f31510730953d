#include "common/auth/tokens.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "common/auth/digest.h"
#include "common/model/event.h"
#include "common/model/event_decoder.h"
#include "common/model/json_object.h"
#include "common/model/utf8.h"

namespace odometer::auth {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxTokenBytes = 512;

constexpr std::string_view kNoMap =
    R"(must be a map from tokens to orgs, such as {"TOKEN": "acme", "sha256:…": {"org": "acme", "scope": "read"}})";

Status CheckToken(const std::string& text) {
  if (text.empty() || text.size() > kMaxTokenBytes || !IsVisibleAscii(text)) {
    return Status::Invalid("a token is 1 to 512 visible ASCII characters");
  }
  if (!text.starts_with(kHashPrefix)) return Status::Ok();
  const auto bytes = FromHex(std::string_view(text).substr(kHashPrefix.size()));
  return bytes && bytes->size() == sizeof(Digest) ? Status::Ok()
                                                  : Status::Invalid("sha256: needs 64 hexadecimal digits behind it");
}

Status ReadOrg(const Json& json, Grant* grant) {
  if (json.is_string()) grant->org = json.get<std::string>();
  if (grant->org.empty() || grant->org.size() > kMaxNameBytes || !IsValidUtf8(grant->org) ||
      grant->org == kOverflowName) {
    return Status::Invalid("an org is a text of 1 to 512 bytes, and not __overflow__");
  }
  return Status::Ok();
}

Status ReadScope(const Json& json, Grant* grant) {
  for (const auto& [name, scope] : {std::pair{"read", Scope::kRead}, {"write", Scope::kWrite}, {"all", Scope::kAll}}) {
    if (json != name) continue;
    grant->scope = scope;
    return Status::Ok();
  }
  return Status::Invalid("a scope is read, write or all");
}

Status ReadGrant(const Json& json, Grant* grant) {
  if (!json.is_object()) return ReadOrg(json, grant);
  if (!json.contains("org")) return Status::Invalid("it has no org");
  for (const auto& [name, value] : json.items()) {
    if (name == "org") {
      ODOMETER_RETURN_IF_ERROR(ReadOrg(value, grant));
    } else if (name == "scope") {
      ODOMETER_RETURN_IF_ERROR(ReadScope(value, grant));
    } else {
      return Status::Invalid("it may have an org and a scope, and nothing else");
    }
  }
  return Status::Ok();
}

}  // namespace

Result<std::vector<ConfiguredToken>> ParseTokens(std::string_view json) {
  Json object;
  ODOMETER_RETURN_IF_ERROR(ParseUniqueObject(json, kNoMap, &object));
  std::vector<ConfiguredToken> tokens;
  for (const auto& [text, value] : object.items()) {
    ConfiguredToken& token = tokens.emplace_back();
    token.text = text;
    Status status = CheckToken(text);
    if (status.ok()) status = ReadGrant(value, &token.grant);
    if (!status.ok()) return status.WithContext("entry " + std::to_string(tokens.size()));
  }
  return tokens;
}

}  // namespace odometer::auth
