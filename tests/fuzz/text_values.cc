// Times, durations, sizes, tiers, numbers and addresses as text: what is understood can be written and understood again.
#include <string>
#include <vector>

#include "cli/config/config_values.h"
#include "common/model/tier.h"
#include "common/model/timestamp.h"
#include "tests/fuzz/fuzz_target.h"

namespace odometer {
namespace {

void TestTimestamp(std::string_view text) {
  std::optional<int64_t> ms = ParseIso8601(text);
  if (!ms) return;
  ODOMETER_FUZZ_REQUIRE(*ms >= kMinTimestampMs && *ms <= kMaxTimestampMs);
  ODOMETER_FUZZ_REQUIRE(ParseIso8601(FormatIso8601(*ms)) == ms);
}

void TestDuration(std::string_view text) {
  Result<int64_t> ms = ParseDuration(text);
  if (!ms.ok()) return;
  ODOMETER_FUZZ_REQUIRE(*ms >= 0);
  Result<int64_t> again = ParseDuration(FormatDuration(*ms));
  ODOMETER_FUZZ_REQUIRE(again.ok() && *again == *ms);
}

void TestTiers(std::string_view text) {
  Result<std::vector<Tier>> tiers = cli::ParseTiers(text);
  if (!tiers.ok()) return;
  std::string written;
  for (const Tier& tier : *tiers) {
    written += (written.empty() ? "" : ",") + FormatDuration(tier.size_ms) + ":" + FormatDuration(tier.retention_ms);
  }
  Result<std::vector<Tier>> again = cli::ParseTiers(written);
  ODOMETER_FUZZ_REQUIRE(again.ok() && *again == *tiers);

  const TierSet set{.windows = *tiers};
  if (!set.Validate().ok()) return;
  for (const Tier& tier : set.windows) {
    for (int64_t ts_ms : {kMinTimestampMs, int64_t{-1}, int64_t{0}, kMaxTimestampMs}) {
      const int64_t start = tier.WindowStart(ts_ms);
      ODOMETER_FUZZ_REQUIRE(start <= ts_ms && ts_ms - start < tier.size_ms && start % tier.size_ms == 0);
      ODOMETER_FUZZ_REQUIRE(tier.Retains(start, ts_ms));
    }
  }
}

void TestNumbers(std::string_view text) {
  if (Result<int64_t> number = cli::ParseInteger(text); number.ok()) {
    ODOMETER_FUZZ_REQUIRE(*cli::ParseInteger(std::to_string(*number)) == *number);
  }
  if (Result<uint64_t> size = cli::ParseSize(text); size.ok()) {
    ODOMETER_FUZZ_REQUIRE(*cli::ParseSize(std::to_string(*size)) == *size);
  }
  ODOMETER_FUZZ_REQUIRE(!cli::ParseBool(text).ok() || text.size() <= 5);
}

}  // namespace

void TestInput(std::string_view text) {
  TestTimestamp(text);
  TestDuration(text);
  TestTiers(text);
  TestNumbers(text);
  if (cli::CheckAddress(text).ok()) ODOMETER_FUZZ_REQUIRE(text.find(':') != std::string_view::npos);
  ODOMETER_FUZZ_REQUIRE(!cli::IsLoopback(text) || cli::CheckAddress(text).ok());
}

}  // namespace odometer
