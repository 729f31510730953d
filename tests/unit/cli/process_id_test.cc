#include "cli/control/process_id.h"

#include <gtest/gtest.h>

namespace odometer::cli {
namespace {

TEST(ProcessIdText, IsReadAgain) {
  const ProcessId id{4711, 123'456'789'012, "da6102ae-ce46-4e3b-a49a-f224a0f74a77"};
  EXPECT_EQ(ProcessIdText(id), "4711 123456789012 da6102ae-ce46-4e3b-a49a-f224a0f74a77\n");
  EXPECT_EQ(ParseProcessId(ProcessIdText(id)), id);
}

TEST(ProcessIdText, IsRefusedWhenItMayMeanAnother) {
  for (const char* text : {"", "\n", "4711\n", "4711 5\n", "4711 5 boot", "4711 5 boot more\n", "0 5 boot\n",
                           "-1 5 boot\n", "x 5 boot\n", "4711 -5 boot\n", "99999999999 5 boot\n"}) {
    EXPECT_FALSE(ParseProcessId(text)) << text;
  }
}

constexpr char kStat[] =
    "742 (a) b) R) R 731 731 15447 0 -1 4194304 2982 6491 0 0 5 2 4 4 20 0 1 0 3421317 17207296 3492 "
    "18446744073709551615 9\n";

TEST(ParseProcessStat, FindsTheStartTimeAfterAnyName) {
  const std::optional<ProcessStat> stat = ParseProcessStat(kStat);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->start_ticks, 3'421'317u);
  EXPECT_FALSE(stat->ended);
}

TEST(ParseProcessStat, KnowsAZombie) {
  std::string text = kStat;
  text.replace(text.rfind(") R ") + 2, 1, "Z");
  const std::optional<ProcessStat> stat = ParseProcessStat(text);
  ASSERT_TRUE(stat);
  EXPECT_TRUE(stat->ended);
}

TEST(ParseProcessStat, RefusesWhatIsCut) {
  EXPECT_FALSE(ParseProcessStat(""));
  EXPECT_FALSE(ParseProcessStat("742 (sleep"));
  EXPECT_FALSE(ParseProcessStat("742 (sleep) S 731 731 15447"));
}

}  // namespace
}  // namespace odometer::cli
