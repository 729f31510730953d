// The parser without sockets: however the bytes are cut, it finds the same requests.
#include "common/http/request_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace odometer::http {
namespace {

constexpr ParserLimits kLimits{.max_head_bytes = 300, .max_body_bytes = 200};

// What came out: a line per request, then the error's status if there was one.
std::string Parse(const std::vector<std::string>& pieces) {
  RequestParser parser(kLimits);
  std::string seen;
  for (const std::string& piece : pieces) {
    std::string_view input = piece;
    while (!input.empty()) {
      switch (parser.Feed(&input)) {
        case RequestParser::Event::kMore:
          EXPECT_TRUE(input.empty());
          break;
        case RequestParser::Event::kContinue:
          seen += "continue\n";
          break;
        case RequestParser::Event::kRequest: {
          const Request& request = parser.request();
          EXPECT_LE(request.body.size(), kLimits.max_body_bytes);
          seen += std::string(MethodName(request.method)) + " " + request.target + " " + request.body + "\n";
          for (const auto& [name, value] : request.headers) seen += name + ": " + value + "\n";
          parser.Reset();
          break;
        }
        case RequestParser::Event::kError:
          return seen + std::to_string(parser.error().status);
      }
    }
  }
  return seen;
}

std::vector<std::string> Cut(const std::string& bytes, std::mt19937& random) {
  std::vector<std::string> pieces;
  for (size_t at = 0; at < bytes.size();) {
    size_t size = std::uniform_int_distribution<size_t>(1, 1 + bytes.size() / 4)(random);
    pieces.push_back(bytes.substr(at, size));
    at += size;
  }
  return pieces;
}

const std::string kGood =
    "GET /a%20b?c=d HTTP/1.1\r\nHost: t\r\nCookie: x\r\n\r\n"
    "\r\nPOST /e HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello"
    "PUT /f HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n"
    "DELETE / HTTP/1.0\r\n\r\n";

TEST(RequestParserTest, FindsEveryRequest) {
  EXPECT_EQ(Parse({kGood}),
            "GET /a%20b?c=d \nhost: t\ncookie: x\n"
            "continue\nPOST /e hello\nhost: t\ncontent-length: 5\nexpect: 100-continue\n"
            "PUT /f abc\nhost: t\ntransfer-encoding: chunked\n"
            "DELETE / \n");
}

TEST(RequestParserTest, DamagedRequestsGiveTheSameHoweverTheyAreCut) {
  std::mt19937 random(20240607);
  const std::string replacements = std::string("\r\n :%0aF;,\xff\x7f\t") + '\0';
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = kGood;
    for (int damage = round % 4; damage > 0; --damage) {
      size_t at = std::uniform_int_distribution<size_t>(0, bytes.size() - 1)(random);
      char other = replacements[std::uniform_int_distribution<size_t>(0, replacements.size() - 1)(random)];
      switch (std::uniform_int_distribution<int>(0, 2)(random)) {
        case 0: bytes[at] = other; break;
        case 1: bytes.erase(at, 1); break;
        default: bytes.insert(at, 1, other); break;
      }
    }
    std::string whole = Parse({bytes});
    ASSERT_EQ(Parse(Cut(bytes, random)), whole) << "round " << round << ": " << testing::PrintToString(bytes);
  }
}

TEST(RequestParserTest, ResetFreesTheBodyThatHasCome) {
  RequestParser parser(kLimits);
  const std::string begun = "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 200\r\n\r\n" + std::string(150, 'x');
  std::string_view input = begun;
  ASSERT_EQ(parser.Feed(&input), RequestParser::Event::kMore);
  EXPECT_EQ(parser.buffered_bytes(), 150u);
  parser.Reset();
  EXPECT_EQ(parser.buffered_bytes(), 0u);
  EXPECT_LT(parser.request().body.capacity(), 100u);
}

TEST(RequestParserTest, LimitsAreInclusive) {
  auto head_of = [](size_t size) {
    std::string head = "GET / HTTP/1.1\r\nHost: t\r\nA: \r\n\r\n";
    head.insert(head.size() - 4, size - head.size(), 'a');
    return head;
  };
  EXPECT_EQ(Parse({head_of(300)}).substr(0, 3), "GET");
  EXPECT_EQ(Parse({head_of(301)}), "431");
  for (size_t cut : {1u, 150u, 299u, 300u}) {
    EXPECT_EQ(Parse({head_of(301).substr(0, cut), head_of(301).substr(cut)}), "431") << cut;
    EXPECT_EQ(Parse({head_of(300).substr(0, cut), head_of(300).substr(cut)}).substr(0, 3), "GET") << cut;
  }
  std::string chunked = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Parse({chunked + "c8\r\n" + std::string(200, 'b') + "\r\n0\r\n\r\n"}).substr(0, 4), "POST");
  EXPECT_EQ(Parse({chunked + "c8\r\n" + std::string(200, 'b') + "\r\n1\r\nb"}), "413");
  EXPECT_EQ(Parse({chunked + "c9\r\n"}), "413");
}

}  // namespace
}  // namespace odometer::http
