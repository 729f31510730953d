#include "common/http/response_encoder.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/log.h"
#include "common/http/characters.h"
#include "common/http/live_stream.h"

namespace odometer::http {
namespace {

constexpr std::pair<int, std::string_view> kReasons[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// Headers that only the server may set: they decide how the answer is framed.
bool IsFramingHeader(std::string_view name) {
  constexpr std::string_view kFraming[] = {"content-length", "transfer-encoding", "connection", "date", "content-type"};
  return std::any_of(std::begin(kFraming), std::end(kFraming),
                     [&](std::string_view framing) { return EqualsIgnoringCase(name, framing); });
}

bool IsText(std::string_view value) { return std::all_of(value.begin(), value.end(), IsFieldText); }

bool OpensWebSocket(const Response& response) {
  return response.live != nullptr && response.live->protocol() == LiveProtocol::kWebSocket;
}

bool IsSendable(const Response& response) {
  const int lowest = OpensWebSocket(response) ? 101 : 200;
  if (response.status < lowest || response.status > 599 || !IsText(response.content_type)) return false;
  return std::all_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    const auto& [name, value] = header;
    return !name.empty() && std::all_of(name.begin(), name.end(), IsTokenCharacter) && IsText(value);
  });
}

}  // namespace

std::string StatusLine(int status) {
  const auto* reason = std::find_if(std::begin(kReasons), std::end(kReasons),
                                    [&](const auto& candidate) { return candidate.first == status; });
  std::string line = std::to_string(status);
  return line.append(" ").append(reason == std::end(kReasons) ? "Unknown" : reason->second);
}

const std::string& ResponseEncoder::Date(int64_t wall_ms) {
  int64_t second = wall_ms / 1000;
  if (second != date_second_) {
    date_second_ = second;
    constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    std::time_t time = second;
    std::tm utc{};
    gmtime_r(&time, &utc);
    // Not strftime's %a and %b: they follow the process's locale.
    date_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays.substr(3 * static_cast<size_t>(utc.tm_wday), 3),
                        utc.tm_mday, kMonths.substr(3 * static_cast<size_t>(utc.tm_mon), 3), utc.tm_year + 1900,
                        utc.tm_hour, utc.tm_min, utc.tm_sec);
  }
  return date_;
}

BodyKind ResponseEncoder::Encode(Response* response, const AnswerForm& form, int64_t wall_ms, OutputQueue* out) {
  if (!IsSendable(*response)) {
    LogError("http", "an answer cannot be sent: bad status or header status={}", response->status);
    *response = Response::Error(500, "internal_error", "the server made an answer that cannot be sent");
  }
  bool upgrades = OpensWebSocket(*response);
  bool has_body = response->status != 204 && response->status != 304 && !upgrades;
  bool streams = response->stream != nullptr && has_body;
  bool live_body = response->live != nullptr && has_body;  // ends with the connection
  bool until_close = live_body || (streams && form.http_1_0);
  bool keep_alive = form.keep_alive && !(until_close && !form.head_only);

  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(StatusLine(response->status)).append("\r\nDate: ").append(Date(wall_ms));
  if (has_body && !response->content_type.empty()) head.append("\r\nContent-Type: ").append(response->content_type);
  if (live_body) {
    // Its length is not known, and nothing follows.
  } else if (streams) {
    if (!form.http_1_0) head.append("\r\nTransfer-Encoding: chunked");
  } else if (has_body) {
    head.append("\r\nContent-Length: ").append(std::to_string(response->body.size()));
  }
  if (upgrades) {
    head.append("\r\nUpgrade: websocket\r\nConnection: Upgrade");
  } else if (!keep_alive) {
    head.append("\r\nConnection: close");
  } else if (form.http_1_0) {
    head.append("\r\nConnection: keep-alive");
  }
  for (const auto& [name, value] : response->headers) {
    if (!IsFramingHeader(name)) head.append("\r\n").append(name).append(": ").append(value);
  }
  head.append("\r\n\r\n");
  out->Append(std::move(head));
  if (upgrades) return BodyKind::kLive;
  if (form.head_only || !has_body) return BodyKind::kComplete;
  if (live_body) return BodyKind::kLive;
  if (streams) return form.http_1_0 ? BodyKind::kUntilClose : BodyKind::kChunks;
  out->Append(std::move(response->body));
  return BodyKind::kComplete;
}

}  // namespace odometer::http
