// Decodes a body in chunked transfer coding (RFC 9112, 7.1), strictly: CR LF only, sizes of at most 16 hexadecimal
// digits. Chunk extensions and trailers are checked for form and ignored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace odometer::http {

// Not thread-safe.
class ChunkedDecoder {
 public:
  enum class State { kMore, kDone, kMalformed, kTooLarge };

  // The body may have max_body_bytes; extensions and trailers together max_extra_bytes.
  ChunkedDecoder(size_t max_body_bytes, size_t max_extra_bytes)
      : max_body_bytes_(max_body_bytes), max_extra_bytes_(max_extra_bytes) {}

  // Takes a prefix off *input and appends what it decodes to *body. After kDone *input begins with the next request.
  // May be cut at any byte. Not to be called again after anything but kMore.
  State Feed(std::string_view* input, std::string* body);

 private:
  enum class Step { kSize, kExtension, kSizeLf, kData, kDataCr, kDataLf, kTrailerStart, kTrailer, kTrailerLf, kEndLf };

  State Byte(char c);
  State SizeByte(char c);
  bool Extra() { return ++extra_bytes_ <= max_extra_bytes_; }

  const size_t max_body_bytes_;
  const size_t max_extra_bytes_;
  Step step_ = Step::kSize;
  uint64_t chunk_left_ = 0;
  int digits_ = 0;
  size_t extra_bytes_ = 0;
};

}  // namespace odometer::http
