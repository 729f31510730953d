#include "common/state/generation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/state/generation_reader.h"
#include "common/state/state_paths.h"
#include "common/store/rocks_store.h"
#include "tests/unit/state/state_writer.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer {
namespace {

using testing::HasSubstr;

TEST(Generation, TheFirstHasTheNamesOfTheApplication) {
  EXPECT_EQ(GenerationName("shop", 1), "shop");
  EXPECT_EQ(GenerationFolder("/state", 1), "/state");
  EXPECT_EQ(GenerationName("shop", 2), "shop.2");
  EXPECT_EQ(GenerationFolder("/state", 12), "/state/generation-12");
}

TEST(Generation, WithoutAFileTheFirstIsInUse) {
  const TempFolder folder;
  EXPECT_EQ(ReadGenerations(folder.path()).value(), Generations{});
  EXPECT_EQ(ReadGenerations(folder.path() + "/absent").value(), Generations{});
}

TEST(Generation, IsReadAsItWasWritten) {
  const TempFolder folder;
  const Generations written{.in_use = 3, .old = 1, .old_sources = {"shop.orders", "shop.clicks"}};
  ASSERT_TRUE(WriteGenerations(folder.path(), written).ok());
  EXPECT_EQ(ReadGenerations(folder.path()).value(), written);
  EXPECT_EQ(GenerationsText(written), "generation 3\nold 1\nold-source shop.orders\nold-source shop.clicks\n");
  ASSERT_TRUE(WriteGenerations(folder.path(), {.in_use = 4}).ok());
  EXPECT_EQ(ReadGenerations(folder.path()).value(), Generations{.in_use = 4});
}

// Guessing would count on, or show, another state.
TEST(Generation, AFileThatIsNotUnderstoodIsAnError) {
  const TempFolder folder;
  for (const char* text : {"", "\n", "2\n", "generation\n", "generation 0\n", "generation 2", "generation 2x\n", "old 1\n",
                           "generation 2\nolder 1\n", "generation 2\nold -1\n", "generation 2\nold-source \n"}) {
    std::ofstream(folder.path() + "/generation", std::ios::trunc) << text;
    const Result<Generations> read = ReadGenerations(folder.path());
    ASSERT_TRUE(read.status().Is(ErrorKind::kStop)) << text;
    EXPECT_THAT(read.status().message(), HasSubstr("/generation: it does not say which generation is in use"));
  }
}

class GenerationReaderTest : public testing::Test {
 protected:
  // A database without a processor, as it is left when one has stopped.
  void Fill(int32_t generation, int hits) {
    const std::string folder = GenerationFolder(folder_.path(), generation);
    std::filesystem::create_directories(folder);
    auto store = OpenRocksStore({.path = StateDatabasePath(folder), .families = StateLayout(TestTiers()).families});
    ASSERT_TRUE(store.ok());
    StateWriter writer(store->get());
    for (int i = 0; i < hits; ++i) writer.Add(0, MakeSeries("hits"), 1'000);
  }
  static std::string Hits(StateView* view) {
    return Text(view->ReadWindows({.name = "hits"}, {.size_ms = 10'000, .bucket_ms = 10'000}));
  }
  std::string Ask() {
    auto view = reader_->View({});
    return view.ok() ? Hits(view->get()) : view.status().ToString();
  }

  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<StateReader> reader_ =
      NewGenerationReader({.state_dir = folder_.path(), .tiers = TestTiers()}, &clock_);
};

TEST_F(GenerationReaderTest, FollowsASwitch) {
  Fill(1, 1);
  Fill(2, 5);
  EXPECT_EQ(Ask(), "0:1/1");
  auto before = reader_->View({});
  ASSERT_TRUE(before.ok());
  ASSERT_TRUE(WriteGenerations(folder_.path(), {.in_use = 2, .old = 1}).ok());
  clock_.Advance(100);
  EXPECT_EQ(Ask(), "0:5/5");
  EXPECT_EQ(Hits(before->get()), "0:1/1") << "a view stays what it is";
  before = Status::Retry("given back");
  EXPECT_EQ(Ask(), "0:5/5");
}

TEST_F(GenerationReaderTest, SaysWhatIsWrongWithTheFile) {
  Fill(1, 1);
  std::ofstream(folder_.path() + "/generation") << "2\n";
  EXPECT_THAT(Ask(), HasSubstr("it does not say which generation is in use"));
}

}  // namespace
}  // namespace odometer
