#include "common/model/exact_sum.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/model/canonical_reader.h"

namespace odometer {
namespace {

constexpr double kScaleDown = 0x1p-128;
constexpr double kScaleUp = 0x1p128;
constexpr double kSafe = 0x1p1000;
constexpr double kMaxStored = 0x1p1002;  // two terms of kSafe, and a carry

// How the sum is stored; never renumber.
enum Form : uint8_t { kWhole = 0, kFraction = 1, kScaledFraction = 2 };

// a + b == sum + error, exactly (Knuth, The Art of Computer Programming 2, 4.2.2, theorem B).
struct TwoSumResult {
  double sum;
  double error;
};
TwoSumResult TwoSum(double a, double b) {
  double sum = a + b;
  double b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

}  // namespace

void ExactSum::AddFraction(double v) {
  if (!scaled_ && (std::abs(v) > kSafe || std::abs(fraction_high_) > kSafe)) ScaleDown();
  AddTerm(scaled_ ? v * kScaleDown : v);
  if (is_whole()) scaled_ = false;
}

void ExactSum::MergeFraction(const ExactSum& other) {
  double high = other.fraction_high_;  // copies: `other` may be *this
  double low = other.fraction_low_;
  if (!other.scaled_) {
    AddFraction(high);
    AddFraction(low);
    return;
  }
  if (!scaled_) ScaleDown();
  AddTerm(high);
  AddTerm(low);
  if (is_whole()) scaled_ = false;
}

void ExactSum::AddTerm(double v) {
  TwoSumResult result = TwoSum(fraction_high_, v);
  fraction_high_ = result.sum;
  fraction_low_ += result.error;
}

void ExactSum::ScaleDown() {
  fraction_high_ *= kScaleDown;
  fraction_low_ *= kScaleDown;
  scaled_ = true;
}

double ExactSum::AsDouble() const {
  double whole = static_cast<double>(whole_);
  if (is_whole()) return whole;
  if (scaled_) {
    double sum = ((fraction_high_ + fraction_low_) + whole * kScaleDown) * kScaleUp;
    constexpr double kMax = std::numeric_limits<double>::max();
    return std::clamp(sum, -kMax, kMax);
  }
  // What rounding the whole part to a double lost; beyond 2^100 that is nothing to a double's precision.
  double whole_rest = std::abs(whole) < 0x1p100 ? static_cast<double>(whole_ - static_cast<Int128>(whole)) : 0;
  TwoSumResult high = TwoSum(whole, fraction_high_);
  return high.sum + (high.error + (fraction_low_ + whole_rest));
}

std::string ExactSum::ToJson() const { return is_whole() ? Int128ToString(whole_) : DoubleToJson(AsDouble()); }

void ExactSum::Encode(ByteWriter* out) const {
  out->U8(is_whole() ? kWhole : scaled_ ? kScaledFraction : kFraction);
  out->SignedVarint128(whole_);
  if (is_whole()) return;
  out->Double(fraction_high_);
  out->Double(fraction_low_);
}

std::optional<ExactSum> ExactSum::Decode(ByteReader* in) {
  ExactSum sum;
  uint8_t form = in->U8();
  Int128 whole = 0;
  if (in->failed() || form > kScaledFraction || !ReadSignedVarint128(in, &whole)) return std::nullopt;
  sum.whole_ = whole;
  if (form == kWhole) return sum;
  sum.fraction_high_ = in->Double();
  sum.fraction_low_ = in->Double();
  sum.scaled_ = form == kScaledFraction;
  if (in->failed() || sum.is_whole()) return std::nullopt;
  bool in_range = std::abs(sum.fraction_high_) <= kMaxStored && std::abs(sum.fraction_low_) <= kMaxStored;
  if (!in_range) return std::nullopt;  // nor NaN
  return sum;
}

}  // namespace odometer
