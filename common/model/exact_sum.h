// A sum that does not depend on the order of its terms: whole numbers exactly in 128 bits, fractions in double-double
// arithmetic (Knuth's TwoSum), whose error stays far below 1e-12 of the sum of magnitudes.
#pragma once

#include <optional>
#include <string>

#include "common/model/number.h"

namespace odometer {

// A value type.
class ExactSum {
 public:
  void Add(const Number& v) {
    if (v.is_whole()) {
      AddWhole(v.whole());
    } else {
      AddFraction(v.AsDouble());
    }
  }
  void Merge(const ExactSum& other) {
    AddWhole(other.whole_);
    if (!other.is_whole()) MergeFraction(other);
  }

  // True while only whole numbers were added (or the fractions cancelled).
  bool is_whole() const { return fraction_high_ == 0 && fraction_low_ == 0; }
  // The exact sum of the whole numbers added; the whole sum when is_whole().
  Int128 whole() const { return whole_; }
  // The nearest double; a sum beyond the range of doubles gives the largest of its sign.
  double AsDouble() const;
  std::string ToJson() const;

  void Encode(ByteWriter* out) const;
  // On malformed or non-canonical input nothing is returned.
  static std::optional<ExactSum> Decode(ByteReader* in);

  friend bool operator==(const ExactSum&, const ExactSum&) = default;

 private:
  // Aligned like its neighbours, so that an aggregate wastes no bytes.
  using PackedInt128 __attribute__((aligned(8))) = Int128;

  // Wraps instead of overflowing: 2^64 values of 2^63 each are needed to get there.
  void AddWhole(Int128 v) { whole_ = static_cast<Int128>(static_cast<UInt128>(whole_) + static_cast<UInt128>(v)); }
  void AddFraction(double v);
  void MergeFraction(const ExactSum& other);
  void AddTerm(double v);
  void ScaleDown();

  PackedInt128 whole_ = 0;
  double fraction_high_ = 0;
  double fraction_low_ = 0;
  // The fraction is kept divided by 2^128, because a term or the sum came near the end of the range of doubles: so no
  // order of terms can overflow on the way.
  bool scaled_ = false;
};

}  // namespace odometer
