// What a client can get wrong in HTTP itself, as raw bytes, and the status that it must read before the connection ends.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/http/raw_client.h"

namespace odometer::http {

using namespace std::string_literals;

struct BadRequest {
  std::string name;
  std::string bytes;
  int status;
};

inline void PrintTo(const BadRequest& request, std::ostream* out) { *out << request.name; }

inline std::string Head(const std::string& headers) { return "POST /echo HTTP/1.1\r\nHost: t\r\n" + headers + "\r\n"; }
inline std::string Line(const std::string& line) { return line + "\r\nHost: t\r\n\r\n"; }
inline std::string Chunked(const std::string& body) { return Head("Transfer-Encoding: chunked\r\n") + body; }

inline std::vector<BadRequest> BadRequestLines() {
  return {
      {"NoTargetNoVersion", Line("GET"), 400},
      {"NoVersion", Line("GET /hello"), 400},
      {"VersionOfHttp09", "GET /hello\r\n\r\n", 400},
      {"TwoSpaces", Line("GET  /hello HTTP/1.1"), 400},
      {"SpaceInTarget", Line("GET /hel lo HTTP/1.1"), 400},
      {"SpaceAfterVersion", Line("GET /hello HTTP/1.1 "), 400},
      {"TabInsteadOfSpace", Line("GET\t/hello\tHTTP/1.1"), 400},
      {"SpaceFirst", Line(" GET /hello HTTP/1.1"), 400},
      {"TwoEmptyLinesFirst", "\r\n\r\n" + Get("/hello"), 400},
      {"BareCarriageReturnFirst", "\r" + Get("/hello"), 400},
      {"TlsClientHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
      {"NulFirst", "\0GET / HTTP/1.1\r\n\r\n"s, 400},
      {"NulInMethod", Line("G\0T /hello HTTP/1.1"s), 400},
      {"ColonInMethod", Line("GE:T /hello HTTP/1.1"), 400},
      {"NulInTarget", Line("GET /he\0llo HTTP/1.1"s), 400},
      {"ControlInTarget", Line("GET /he\x01llo HTTP/1.1"), 400},
      {"DeleteInTarget", Line("GET /he\x7fllo HTTP/1.1"), 400},
      {"FragmentInTarget", Line("GET /hello#part HTTP/1.1"), 400},
      {"RelativeTarget", Line("GET hello HTTP/1.1"), 400},
      {"EmptyTarget", Line("GET  HTTP/1.1"), 400},
      {"OtherSchemeInTarget", Line("GET ftp://t/hello HTTP/1.1"), 400},
      {"StarTarget", Line("GET * HTTP/1.1"), 400},
      {"BadEscapeInPath", Get("/hel%zzlo"), 400},
      {"CutEscapeInPath", Get("/hello%4"), 400},
      {"LonePercentInPath", Get("/hello%"), 400},
      {"BadEscapeInQueryValue", Get("/hello?a=%g0"), 400},
      {"BadEscapeInQueryName", Get("/hello?%x=1"), 400},
      {"LowerCaseVersion", Line("GET /hello http/1.1"), 400},
      {"NoDotInVersion", Line("GET /hello HTTP/11"), 400},
      {"LongMinorVersion", Line("GET /hello HTTP/1.10"), 400},
      {"LettersInVersion", Line("GET /hello HTTP/x.y"), 400},
      {"Version2", Line("GET /hello HTTP/2.0"), 505},
      {"Version12", Line("GET /hello HTTP/1.2"), 505},
      {"Version09", Line("GET /hello HTTP/0.9"), 505},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"UnknownMethod", Line("BREW /hello HTTP/1.1"), 501},
      {"LowerCaseMethod", Line("get /hello HTTP/1.1"), 501},
      {"Connect", Line("CONNECT example.org:443 HTTP/1.1"), 501},
      {"LongRequestLine", Line("GET /" + std::string(9000, 'a') + " HTTP/1.1"), 414},
      {"ManySlashes", Line("GET " + std::string(14'600, '/') + " HTTP/1.1"), 414},
      {"LongRequestLineWithoutEnd", "GET /" + std::string(9000, 'a'), 414},
  };
}

inline std::vector<BadRequest> BadHeaders() {
  return {
      {"NoHost", "GET /hello HTTP/1.1\r\n\r\n", 400},
      {"TwoHosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"BareLineFeeds", "GET /hello HTTP/1.1\nHost: t\n\n", 400},
      {"BareLineFeedAfterHeader", "GET /hello HTTP/1.1\r\nHost: t\nA: b\r\n\r\n", 400},
      {"BareLineFeedAtEnd", "GET /hello HTTP/1.1\r\nHost: t\r\n\n", 400},
      {"CarriageReturnInValue", Head("A: b\rc\r\n"), 400},
      {"TwoCarriageReturns", Head("A: b\r\r\n"), 400},
      {"NulInValue", Head("A: b\0c\r\n"s), 400},
      {"EscapeCharacterInValue", Head("A: \x1b[0m\r\n"), 400},
      {"DeleteInValue", Head("A: \x7f\r\n"), 400},
      {"NulInName", Head("A\0: b\r\n"s), 400},
      {"ControlInName", Head("A\x02: b\r\n"), 400},
      {"NonAsciiInName", Head("\xc3\xa4: b\r\n"), 400},
      {"SpaceBeforeColon", Head("Content-Length : 0\r\n"), 400},
      {"TabBeforeColon", Head("A\t: 0\r\n"), 400},
      {"SpaceInName", Head("A B: c\r\n"), 400},
      {"EmptyName", Head(": c\r\n"), 400},
      {"NoColon", Head("abc\r\n"), 400},
      {"FoldedBySpace", Head("A: b\r\n c\r\n"), 400},
      {"FoldedByTab", Head("A: b\r\n\tc\r\n"), 400},
      {"FoldedFirst", "GET /hello HTTP/1.1\r\n Host: t\r\n\r\n", 400},
      {"OneLongHeader", Head("A: " + std::string(9000, 'b') + "\r\n"), 431},
      {"ManyHeaders", Head([] {
         std::string headers;
         for (int i = 0; i < 1000; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
         return headers;
       }()),
       431},
      {"HugeHeadWithoutEnd", "GET /hello HTTP/1.1\r\nA: " + std::string(256 << 10, 'b'), 431},
      {"UnknownExpectation", Head("Expect: miracles\r\nContent-Length: 1\r\n"), 417},
  };
}

inline std::vector<BadRequest> BadBodies() {
  return {
      {"LengthIsText", Head("Content-Length: abc\r\n"), 400},
      {"LengthEndsInText", Head("Content-Length: 3abc\r\n") + "abc", 400},
      {"LengthIsEmpty", Head("Content-Length:\r\n"), 400},
      {"LengthIsNegative", Head("Content-Length: -1\r\n"), 400},
      {"LengthHasPlus", Head("Content-Length: +3\r\n") + "abc", 400},
      {"LengthIsFraction", Head("Content-Length: 3.0\r\n") + "abc", 400},
      {"LengthIsHexadecimal", Head("Content-Length: 0x3\r\n") + "abc", 400},
      {"LengthHasSpace", Head("Content-Length: 1 2\r\n"), 400},
      {"LengthOverflows", Head("Content-Length: 18446744073709551616\r\n"), 400},
      {"LengthOverflowsFar", Head("Content-Length: " + std::string(100, '9') + "\r\n"), 400},
      {"TwoLengths", Head("Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd", 400},
      {"TwoEqualLengths", Head("Content-Length: 3\r\nContent-Length: 3\r\n") + "abc", 400},
      {"ThreeLengths", Head("Content-Length: 3\r\nContent-Length: 3\r\nContent-Length: 3\r\n") + "abc", 400},
      {"ListOfLengths", Head("Content-Length: 3, 3\r\n") + "abc", 400},
      {"LengthOverLimit", Head("Content-Length: 1048577\r\n"), 413},
      {"LengthFarOverLimit", Head("Content-Length: 18446744073709551615\r\n"), 413},
      {"LengthAndChunked", Head("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
      {"ChunkedAndLength", Head("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n", 400},
      {"ChunkedInHttp10", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"OtherTransferCoding", Head("Transfer-Encoding: gzip\r\n"), 501},
      {"CompressedAndChunked", Head("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", 501},
      {"ChunkedTwice", Head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 501},
      {"EmptyTransferCoding", Head("Transfer-Encoding:\r\n"), 501},
      {"ChunkSizeIsText", Chunked("x\r\n"), 400},
      {"ChunkSizeIsEmpty", Chunked("\r\nabc\r\n"), 400},
      {"ChunkSizeIsNegative", Chunked("-1\r\n"), 400},
      {"ChunkSizeHasPrefix", Chunked("0x3\r\nabc\r\n"), 400},
      {"ChunkSizeHasSpace", Chunked("3 \r\nabc\r\n"), 400},
      {"ChunkSizeHasManyDigits", Chunked("00000000000000003\r\nabc\r\n"), 400},
      {"ChunkSizeOverLimit", Chunked("ffffffffffffffff\r\n"), 413},
      {"ChunkSizesOverLimitTogether", Chunked("80000\r\n" + std::string(0x80000, 'a') + "\r\n80001\r\n"), 413},
      {"ChunkSizeEndsInLineFeed", Chunked("3\nabc\r\n"), 400},
      {"ChunkWithoutEnd", Chunked("3\r\nabcd\r\n"), 400},
      {"ChunkEndsInLineFeed", Chunked("3\r\nabc\n0\r\n\r\n"), 400},
      {"ControlInChunkExtension", Chunked("3;a=\x01\r\nabc\r\n"), 400},
      {"LongChunkExtension", Chunked("3;" + std::string(9000, 'a') + "\r\nabc\r\n"), 400},
      {"ControlInTrailer", Chunked("0\r\nA: \x01\r\n\r\n"), 400},
      {"FoldedTrailer", Chunked("0\r\n A: b\r\n\r\n"), 400},
      {"LongTrailers", Chunked("0\r\nA: " + std::string(9000, 'b') + "\r\n\r\n"), 400},
      {"LastLineFeedBare", Chunked("0\r\nA: b\n\r\n"), 400},
  };
}

// All of them, sent to other paths than /hello (GET) and /echo (POST).
inline std::vector<BadRequest> BadRequestsTo(const std::string& get, const std::string& post) {
  std::vector<BadRequest> all;
  for (std::vector<BadRequest> some : {BadRequestLines(), BadHeaders(), BadBodies()}) {
    for (BadRequest& request : some) {
      for (const auto& [from, to] : {std::pair("/hello"s, get), std::pair("/echo"s, post)}) {
        size_t at = request.bytes.find(from);
        if (at != std::string::npos) request.bytes.replace(at, from.size(), to);
      }
      all.push_back(std::move(request));
    }
  }
  return all;
}

}  // namespace odometer::http
