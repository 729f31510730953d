#include "bench/pipeline/changelog.h"
#include "bench/pipeline/formats.h"

namespace bench {
namespace {

constexpr size_t kKeyTail = 8 + 4;  // after the name: the window's start, and a sequence number that is always 0
constexpr size_t kValueSize = 6 * 8;

int64_t BigEndian(const std::string& bytes, size_t at) {
  uint64_t v = 0;
  for (size_t i = 0; i < 8; ++i) v = v << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<int64_t>(v);
}

}  // namespace

void ReadKafkaStreams(const std::string& bootstrap, const std::string& application, const Visitor& visit) {
  for (const auto& latest : ReadTable(bootstrap, application + "-windows-1m-changelog")) {
    for (const auto& [key, value] : latest) {
      if (key.size() <= kKeyTail) Fail("a changelog key of " + std::to_string(key.size()) + " bytes");
      if (value.size() != kValueSize) Fail("a changelog value of " + std::to_string(value.size()) + " bytes");
      size_t name_size = key.size() - kKeyTail;
      visit({key.substr(0, name_size), BigEndian(key, name_size)},
            {BigEndian(value, 0), BigEndian(value, 8), BigEndian(value, 16), BigEndian(value, 24), BigEndian(value, 32),
             BigEndian(value, 40)});
    }
  }
}

}  // namespace bench
