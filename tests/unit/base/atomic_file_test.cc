#include "common/base/atomic_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/base/text_file.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer {
namespace {

TEST(AtomicFile, IsReplacedAsAWhole) {
  const TempFolder folder;
  const std::string path = folder.path() + "/file";
  EXPECT_TRUE(ReadTextFile(path).status().Is(ErrorKind::kNotFound));
  ASSERT_TRUE(ReplaceFile(path, "one\n").ok());
  EXPECT_EQ(ReadTextFile(path).value(), "one\n");
  const std::string large(100'000, 'x');
  ASSERT_TRUE(ReplaceFile(path, large).ok());
  EXPECT_EQ(ReadTextFile(path).value(), large);
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(AtomicFile, TheOldTextStaysWhereItCannotBeReplaced) {
  const TempFolder folder;
  const std::string path = folder.path() + "/file";
  ASSERT_TRUE(ReplaceFile(path, "old").ok());
  std::filesystem::create_directory(path + ".new");  // in the way
  EXPECT_TRUE(ReplaceFile(path, "new").Is(ErrorKind::kStop));
  EXPECT_EQ(ReadTextFile(path).value(), "old");
  EXPECT_TRUE(ReplaceFile(folder.path() + "/absent/file", "new").Is(ErrorKind::kStop));
}

}  // namespace
}  // namespace odometer
