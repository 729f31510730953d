#include <unordered_map>

#include "bench/pipeline/changelog.h"
#include "bench/pipeline/formats.h"

namespace bench {
namespace {

constexpr size_t kIdSize = 4;
constexpr size_t kWindowKeySize = kIdSize + 8;

// Reads what docs/formats/ describes. Ends the program on anything else.
class Reader {
 public:
  Reader(const std::string& bytes, const char* what) : bytes_(bytes), what_(what) {}

  uint8_t Byte() {
    if (at_ >= bytes_.size()) Malformed();
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  uint64_t Fixed(size_t size) {
    uint64_t v = 0;
    for (size_t i = 0; i < size; ++i) v = v << 8 | Byte();
    return v;
  }
  uint64_t Varint() {
    uint64_t v = 0;
    for (int shift = 0;; shift += 7) {
      uint8_t byte = Byte();
      if (shift > 63) Malformed();
      v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
  }
  int64_t SignedVarint() {
    uint64_t v = Varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
  }
  std::string Blob() {
    size_t size = Varint();
    if (size > bytes_.size() - at_) Malformed();
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  // A signed 64-bit number that sorts as bytes.
  int64_t Sortable() { return static_cast<int64_t>(Fixed(8) ^ (uint64_t{1} << 63)); }
  // A number of a counter here is a whole one of 64 bits: kind 0. A sum is written the same way.
  int64_t Whole() {
    if (Byte() != 0) Malformed();
    return SignedVarint();
  }
  void End() {
    if (at_ != bytes_.size()) Malformed();
  }
  [[noreturn]] void Malformed() { Fail(std::string(what_) + " that docs/formats/ does not describe"); }

 private:
  const std::string& bytes_;
  const char* what_;
  size_t at_ = 0;
};

constexpr uint8_t kHasRange = 1;
constexpr uint8_t kHasSum = 2;
constexpr uint8_t kHasSpan = 4;

Aggregate Decode(const std::string& bytes) {
  Reader in(bytes, "an aggregate");
  if (in.Byte() != 1) in.Malformed();
  uint8_t flags = in.Byte();
  if (flags > (kHasRange | kHasSum | kHasSpan)) in.Malformed();
  Aggregate aggregate;
  aggregate.count = static_cast<int64_t>(in.Varint());
  aggregate.last = in.Whole();
  aggregate.last_ts_ms = in.SignedVarint();
  in.SignedVarint();  // the partition and the offset
  in.SignedVarint();  // of the last value
  aggregate.min = flags & kHasRange ? in.Whole() : aggregate.last;
  aggregate.max = flags & kHasRange ? in.Whole() : aggregate.last;
  aggregate.sum = flags & kHasSum ? in.Whole() : aggregate.last;
  if (flags & kHasSpan) in.Varint();
  in.End();
  return aggregate;
}

std::string NameOf(const std::string& identity) {
  Reader in(identity, "a series");
  if (in.Byte() != 1) in.Malformed();
  if (in.Byte() != 1) Fail("a series that is no counter");
  if (in.Blob() != "default") Fail("a series of another org");
  std::string name = in.Blob();
  if (in.Varint() != 0) Fail("a series with labels");
  in.End();
  return name;
}

}  // namespace

void ReadOdometer(const std::string& bootstrap, const std::string& application, const std::string& input_topic,
                  const Visitor& visit) {
  std::string prefix = application + "-" + input_topic + "-";
  Table series = ReadTable(bootstrap, prefix + "series-changelog");
  Table windows = ReadTable(bootstrap, prefix + "windows-1m-changelog");
  if (windows.size() != series.size()) Fail("the changelogs differ in partitions");
  for (size_t partition = 0; partition < windows.size(); ++partition) {
    std::unordered_map<std::string, std::string> names;  // by id, as in the keys
    for (const auto& [id, identity] : series[partition]) names.emplace(id, NameOf(identity));
    for (const auto& [key, value] : windows[partition]) {
      if (key.size() != kWindowKeySize) Fail("a window key of " + std::to_string(key.size()) + " bytes");
      auto name = names.find(key.substr(0, kIdSize));
      if (name == names.end()) Fail("a window of a series that the dictionary does not know");
      std::string start = key.substr(kIdSize);
      visit({name->second, Reader(start, "a window's start").Sortable()}, Decode(value));
    }
  }
}

}  // namespace bench
