// Bytes that stay where they are until the arena ends: keys and values on their way to the broker and the store.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace odometer {

// Not thread-safe.
class ByteArena {
 public:
  std::string_view Copy(std::string_view bytes) {
    if (bytes.size() > left_) {
      const size_t size = bytes.size() > kBlockBytes ? bytes.size() : kBlockBytes;
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
      next_ = blocks_.back().get();
      left_ = size;
    }
    char* place = next_;
    std::memcpy(place, bytes.data(), bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return {place, bytes.size()};
  }

 private:
  static constexpr size_t kBlockBytes = 1 << 20;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace odometer
