#include "common/http/chunked_decoder.h"

#include <algorithm>

#include "common/http/characters.h"

namespace odometer::http {

ChunkedDecoder::State ChunkedDecoder::Feed(std::string_view* input, std::string* body) {
  while (!input->empty()) {
    if (step_ == Step::kData) {
      size_t taken = static_cast<size_t>(std::min<uint64_t>(chunk_left_, input->size()));
      body->append(input->substr(0, taken));
      input->remove_prefix(taken);
      chunk_left_ -= taken;
      if (chunk_left_ == 0) step_ = Step::kDataCr;
      continue;
    }
    char c = input->front();
    input->remove_prefix(1);
    State state = Byte(c);
    if (state != State::kMore) return state;
    if (step_ == Step::kData && chunk_left_ > max_body_bytes_ - body->size()) return State::kTooLarge;
  }
  return State::kMore;
}

ChunkedDecoder::State ChunkedDecoder::Byte(char c) {
  auto expect = [&](char wanted, Step next) {
    step_ = next;
    return c == wanted ? State::kMore : State::kMalformed;
  };
  switch (step_) {
    case Step::kSize:
      return SizeByte(c);
    case Step::kExtension:
      if (c == '\r') {
        step_ = Step::kSizeLf;
        return State::kMore;
      }
      return IsFieldText(c) && Extra() ? State::kMore : State::kMalformed;
    case Step::kSizeLf:
      digits_ = 0;
      return expect('\n', chunk_left_ > 0 ? Step::kData : Step::kTrailerStart);
    case Step::kDataCr:
      return expect('\r', Step::kDataLf);
    case Step::kDataLf:
      return expect('\n', Step::kSize);
    case Step::kTrailerStart:
      if (c == '\r') {
        step_ = Step::kEndLf;
        return State::kMore;
      }
      step_ = Step::kTrailer;
      return IsTokenCharacter(c) && Extra() ? State::kMore : State::kMalformed;
    case Step::kTrailer:
      if (c == '\r') {
        step_ = Step::kTrailerLf;
        return State::kMore;
      }
      return IsFieldText(c) && Extra() ? State::kMore : State::kMalformed;
    case Step::kTrailerLf:
      return expect('\n', Step::kTrailerStart);
    case Step::kEndLf:
      return c == '\n' ? State::kDone : State::kMalformed;
    case Step::kData:
      break;  // Feed takes the data itself.
  }
  return State::kMalformed;
}

ChunkedDecoder::State ChunkedDecoder::SizeByte(char c) {
  if (int digit = HexDigit(c); digit >= 0) {
    if (++digits_ > 16) return State::kMalformed;
    chunk_left_ = chunk_left_ * 16 + static_cast<uint64_t>(digit);
    return State::kMore;
  }
  if (digits_ == 0) return State::kMalformed;
  step_ = c == '\r' ? Step::kSizeLf : Step::kExtension;
  return c == '\r' || c == ';' ? State::kMore : State::kMalformed;
}

}  // namespace odometer::http
