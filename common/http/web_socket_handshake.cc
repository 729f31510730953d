// The opening handshake of RFC 6455, 4.2.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string>

#include "common/http/header_list.h"
#include "common/http/live_stream.h"

namespace odometer::http {
namespace {

constexpr std::string_view kVersion = "13";
constexpr std::string_view kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr size_t kKeyLength = 24;  // 16 bytes in base64

bool AnyHeaderLists(const Request& request, std::string_view name, std::string_view word) {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
    return header.first == name && ListHas(ToLower(header.second), word);
  });
}

bool IsKey(std::string_view key) {
  auto base64 = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return key.size() == kKeyLength && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, base64);
}

std::string AcceptOf(std::string_view key) {
  std::string text(key);
  text += kAcceptSuffix;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> encoded;
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), digest.size());
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<size_t>(length)};
}

}  // namespace

std::optional<Response> RefuseWebSocket(const Request& request) {
  auto bad = [](std::string_view message) { return Response::Error(400, "not_a_web_socket", message); };
  if (request.method != Method::kGet || !AnyHeaderLists(request, "upgrade", "websocket") ||
      !AnyHeaderLists(request, "connection", "upgrade")) {
    return bad("this is a WebSocket: it needs Upgrade: websocket and Connection: Upgrade");
  }
  if (request.Header("sec-websocket-version") != kVersion) {
    return Response::Error(426, "web_socket_version", "the only WebSocket version that is served is 13")
        .With("Sec-WebSocket-Version", std::string(kVersion));
  }
  if (!IsKey(request.Header("sec-websocket-key").value_or(""))) {
    return bad("Sec-WebSocket-Key must be 16 bytes in base64");
  }
  return std::nullopt;
}

Response WebSocketResponse(std::string_view key, const std::shared_ptr<LiveStream>& stream) {
  Response response;
  response.status = 101;
  response.content_type.clear();
  response.With("Sec-WebSocket-Accept", AcceptOf(key));
  response.live = stream->ClientEnd();
  return response;
}

}  // namespace odometer::http
