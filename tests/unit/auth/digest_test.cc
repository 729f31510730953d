#include "common/auth/digest.h"

#include <gtest/gtest.h>

namespace odometer::auth {
namespace {

// FIPS 180-4 and RFC 4231.
TEST(Digest, IsThatOfTheStandards) {
  EXPECT_EQ(ToHex(BytesOf(Sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(BytesOf(Sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(BytesOf(HmacSha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(ToHex(BytesOf(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, RandomOnesDiffer) { EXPECT_NE(RandomDigest(), RandomDigest()); }

TEST(Digest, ComparesEveryByte) {
  EXPECT_TRUE(SameBytes("", ""));
  EXPECT_TRUE(SameBytes("abc", "abc"));
  EXPECT_FALSE(SameBytes("abc", "abcd"));
  for (size_t i = 0; i < 32; ++i) {
    Digest a = Sha256("x"), b = a;
    b[i] ^= 1;
    EXPECT_FALSE(SameBytes(BytesOf(a), BytesOf(b))) << i;
  }
}

TEST(Hex, ComesBack) {
  const std::string bytes("\x00\x7f\xff\x10", 4);
  EXPECT_EQ(ToHex(bytes), "007fff10");
  EXPECT_EQ(FromHex("007FfF10"), bytes);
  for (const char* bad : {"0", "0g", "g0", "0 ", "0x10"}) EXPECT_FALSE(FromHex(bad)) << bad;
}

}  // namespace
}  // namespace odometer::auth
