// A sum that does not depend on the order of its terms: whole numbers exactly in 128 bits, fractions in double-double
// arithmetic (Knuth's TwoSum), whose error stays far below 1e-12 of the sum of magnitudes.
#pragma once

#include "common/model/number.h"

namespace odometer {

// A value type.
class ExactSum {
 public:
  void Add(const Number& v);
  void Merge(const ExactSum& other);

  // True while only whole numbers were added.
  bool is_whole() const { return fraction_high_ == 0 && fraction_low_ == 0; }
  // The exact sum of the whole numbers added; the whole sum when is_whole().
  Int128 whole() const { return whole_; }
  double AsDouble() const;
  std::string ToJson() const;

  void Encode(ByteWriter* out) const;
  static std::optional<ExactSum> Decode(ByteReader* in);

  friend bool operator==(const ExactSum&, const ExactSum&) = default;

 private:
  void AddFraction(double v);

  Int128 whole_ = 0;
  double fraction_high_ = 0;
  double fraction_low_ = 0;
};

}  // namespace odometer
