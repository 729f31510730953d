#include "common/base/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace odometer {
namespace {

constexpr int64_t kSigned[] = {INT64_MIN, INT64_MIN + 1, -65, -64, -1, 0, 1, 63, 64, 1'700'000'000'000, INT64_MAX};
constexpr uint64_t kUnsigned[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX};

template <typename Write>
std::string Written(Write write) {
  std::string bytes;
  ByteWriter writer(&bytes);
  write(&writer);
  return bytes;
}

TEST(BytesTest, FixedWidthsAreBigEndian) {
  EXPECT_EQ(Written([](auto* w) { w->U8(0xab); }), "\xab");
  EXPECT_EQ(Written([](auto* w) { w->U16(0x0102); }), "\x01\x02");
  EXPECT_EQ(Written([](auto* w) { w->U32(0x01020304); }), "\x01\x02\x03\x04");
  EXPECT_EQ(Written([](auto* w) { w->U64(0x0102030405060708); }), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(Written([](auto* w) { w->Double(1.0); }), std::string("\x3f\xf0\0\0\0\0\0\0", 8));
}

TEST(BytesTest, ReadsWhatItWrote) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U8(7);
  writer.U16(65535);
  writer.U32(UINT32_MAX);
  writer.U64(UINT64_MAX);
  writer.Double(-0.1);
  for (int64_t v : kSigned) {
    writer.SignedVarint(v);
    writer.SortableI64(v);
  }
  for (uint64_t v : kUnsigned) writer.Varint(v);
  const Int128 kMost = static_cast<Int128>(~UInt128{0} >> 1);
  for (Int128 v : {kMost, -kMost - 1, Int128{0}, Int128{-1}}) writer.SignedVarint128(v);
  writer.Blob("blob");
  writer.Blob("");
  writer.Raw("end");

  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 7);
  EXPECT_EQ(reader.U16(), 65535);
  EXPECT_EQ(reader.U32(), UINT32_MAX);
  EXPECT_EQ(reader.U64(), UINT64_MAX);
  EXPECT_EQ(reader.Double(), -0.1);
  for (int64_t v : kSigned) {
    EXPECT_EQ(reader.SignedVarint(), v);
    EXPECT_EQ(reader.SortableI64(), v);
  }
  for (uint64_t v : kUnsigned) EXPECT_EQ(reader.Varint(), v);
  for (Int128 v : {kMost, -kMost - 1, Int128{0}, Int128{-1}}) EXPECT_TRUE(reader.SignedVarint128() == v);
  EXPECT_EQ(reader.Blob(), "blob");
  EXPECT_EQ(reader.Blob(), "");
  EXPECT_EQ(reader.rest(), "end");
  EXPECT_FALSE(reader.Done());
  EXPECT_EQ(reader.Raw(3), "end");
  EXPECT_TRUE(reader.Done());
}

TEST(BytesTest, SortableIntegersSortAsBytes) {
  std::vector<std::string> bytes;
  for (int64_t v : kSigned) bytes.push_back(Written([v](auto* w) { w->SortableI64(v); }));
  EXPECT_TRUE(std::is_sorted(bytes.begin(), bytes.end()));
}

TEST(BytesTest, VarintSizes) {
  EXPECT_EQ(Written([](auto* w) { w->Varint(127); }).size(), 1u);
  EXPECT_EQ(Written([](auto* w) { w->Varint(128); }), std::string("\x80\x01", 2));
  EXPECT_EQ(Written([](auto* w) { w->Varint(UINT64_MAX); }).size(), 10u);
  EXPECT_EQ(Written([](auto* w) { w->SignedVarint(-64); }), "\x7f");
  EXPECT_EQ(Written([](auto* w) { w->SignedVarint(64); }).size(), 2u);
  EXPECT_EQ(Written([](auto* w) { w->SignedVarint128(static_cast<Int128>(~UInt128{0} >> 1)); }).size(), 19u);
}

TEST(BytesTest, AFailedReadStaysFailedAndGivesNothing) {
  ByteReader reader("\x01\x02\x03");
  EXPECT_EQ(reader.U32(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.U8(), 0) << "though a byte is there";
  EXPECT_EQ(reader.Varint(), 0u);
  EXPECT_EQ(reader.Blob(), "");
  EXPECT_FALSE(reader.Done());
}

TEST(BytesTest, EveryReadBeyondTheEndFails) {
  auto fails = [](std::string_view bytes, auto read) {
    ByteReader reader(bytes);
    read(&reader);
    return reader.failed();
  };
  EXPECT_TRUE(fails("", [](auto* r) { r->U8(); }));
  EXPECT_TRUE(fails("\x01", [](auto* r) { r->U16(); }));
  EXPECT_TRUE(fails("1234567", [](auto* r) { r->U64(); }));
  EXPECT_TRUE(fails("1234567", [](auto* r) { r->Double(); }));
  EXPECT_TRUE(fails("\x80", [](auto* r) { r->Varint(); }));
  EXPECT_TRUE(fails("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", [](auto* r) { r->Varint(); })) << "11 bytes";
  EXPECT_TRUE(fails(std::string(20, '\xff'), [](auto* r) { r->SignedVarint128(); }));
  EXPECT_TRUE(fails("\x05" "1234", [](auto* r) { r->Blob(); }));
  EXPECT_TRUE(fails("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", [](auto* r) { r->Blob(); })) << "a size of 2^64-1";
  EXPECT_FALSE(fails("\x04" "1234", [](auto* r) { r->Blob(); }));
}

}  // namespace
}  // namespace odometer
