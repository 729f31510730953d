#include "common/model/aggregate_codec.h"

#include <limits>
#include <optional>

#include "common/model/canonical_reader.h"

namespace odometer {
namespace {

// Which parts are written because they do not follow from the others; never renumber.
enum Flags : uint8_t {
  kHasRange = 1,   // min and max are not both the last value
  kHasSum = 2,     // the sum is not the last value
  kHasSpan = 4,    // the first event time is not the last one
  kHasSketch = 8,
  kHasMembers = 16,
  kAllFlags = 31,
};

Status Malformed(const char* what) { return Status::Invalid(std::string("malformed aggregate: ") + what); }

}  // namespace

void AggregateCodec::Encode(const Aggregate& aggregate, std::string* out) {
  ByteWriter writer(out);
  writer.U8(kVersion);
  if (aggregate.empty()) {
    writer.U8(0);
    writer.Varint(0);
    return;
  }
  ExactSum last_alone;
  last_alone.Add(aggregate.last_);
  uint8_t flags = 0;
  if (!(aggregate.min_ == aggregate.last_ && aggregate.max_ == aggregate.last_)) flags |= kHasRange;
  if (!(aggregate.sum_ == last_alone)) flags |= kHasSum;
  if (aggregate.first_ts_ms_ != aggregate.last_ts_ms_) flags |= kHasSpan;
  if (aggregate.sketch_) flags |= kHasSketch;
  if (aggregate.members_) flags |= kHasMembers;
  writer.U8(flags);
  writer.Varint(aggregate.count_);
  aggregate.last_.Encode(&writer);
  writer.SignedVarint(aggregate.last_ts_ms_);
  writer.SignedVarint(aggregate.last_origin_.partition);
  writer.SignedVarint(aggregate.last_origin_.offset);
  if (flags & kHasRange) {
    aggregate.min_.Encode(&writer);
    aggregate.max_.Encode(&writer);
  }
  if (flags & kHasSum) aggregate.sum_.Encode(&writer);
  // Modulo 2^64, so that any two times can be written.
  if (flags & kHasSpan) {
    writer.Varint(static_cast<uint64_t>(aggregate.last_ts_ms_) - static_cast<uint64_t>(aggregate.first_ts_ms_));
  }
  if (flags & kHasSketch) aggregate.sketch_->Encode(&writer);
  if (flags & kHasMembers) aggregate.members_->Encode(&writer);
}

Result<Aggregate> AggregateCodec::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  uint8_t version = reader.U8();
  uint8_t flags = reader.U8();
  Aggregate aggregate;
  if (reader.failed() || !ReadVarint(&reader, &aggregate.count_)) return Malformed("it ends early or has a bad count");
  if (version != kVersion) return Status::Invalid("aggregate of unknown version " + std::to_string(version));
  if (flags > kAllFlags) return Malformed("unknown flags");
  if (aggregate.empty()) {
    if (flags != 0 || !reader.Done()) return Malformed("it is empty, yet has contents");
    return aggregate;
  }

  std::optional<Number> last = Number::Decode(&reader);
  int64_t partition = 0;
  if (!last) return Malformed("bad last value");
  if (!ReadSignedVarint(&reader, &aggregate.last_ts_ms_)) return Malformed("bad last event time");
  if (!ReadSignedVarint(&reader, &partition) || partition != static_cast<int32_t>(partition) ||
      !ReadSignedVarint(&reader, &aggregate.last_origin_.offset)) {
    return Malformed("bad origin");
  }
  aggregate.last_ = *last;
  aggregate.last_origin_.partition = static_cast<int32_t>(partition);

  aggregate.min_ = *last;
  aggregate.max_ = *last;
  if (flags & kHasRange) {
    std::optional<Number> min = Number::Decode(&reader);
    std::optional<Number> max = min ? Number::Decode(&reader) : std::nullopt;
    if (!max || (*min == *last && *max == *last)) return Malformed("bad range");
    aggregate.min_ = *min;
    aggregate.max_ = *max;
  }

  ExactSum last_alone;
  last_alone.Add(*last);
  aggregate.sum_ = last_alone;
  if (flags & kHasSum) {
    std::optional<ExactSum> sum = ExactSum::Decode(&reader);
    if (!sum || *sum == last_alone) return Malformed("bad sum");
    aggregate.sum_ = *sum;
  }

  uint64_t span = 0;
  if (flags & kHasSpan) {
    if (!ReadVarint(&reader, &span) || span == 0) return Malformed("bad first event time");
  }
  aggregate.first_ts_ms_ = static_cast<int64_t>(static_cast<uint64_t>(aggregate.last_ts_ms_) - span);

  if (flags & kHasSketch) {
    std::optional<Sketch> sketch = Sketch::Decode(&reader);
    if (!sketch || sketch->count() == 0) return Malformed("bad sketch");
    aggregate.sketch_ = std::make_unique<Sketch>(std::move(*sketch));
  }
  if (flags & kHasMembers) {
    std::optional<DistinctSketch> members = DistinctSketch::Decode(&reader);
    if (!members) return Malformed("bad members");
    aggregate.members_ = std::make_unique<DistinctSketch>(std::move(*members));
  }
  if (!reader.Done()) return Malformed("bytes after its end");
  return aggregate;
}

}  // namespace odometer
