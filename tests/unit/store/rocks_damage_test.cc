// What the store does when its disk is full, or its log is torn or damaged.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "common/store/rocks_store.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFamilies = {"meta", "windows"};

Result<std::unique_ptr<PrimaryStore>> Open(const std::string& path) {
  return OpenRocksStore({.path = path, .families = kFamilies, .write_buffer_bytes = 4 << 20});
}

// The same in both families.
Status WriteNumber(Store* store, int number, size_t padding = 0) {
  auto batch = store->NewBatch();
  batch->Put(0, "number", std::to_string(number));
  batch->Put(1, "number", std::to_string(number));
  if (padding > 0) batch->Put(1, "padding" + std::to_string(number), std::string(padding, 'p'));
  return store->Write(std::move(batch));
}

std::string Number(const Store& store, FamilyId family) {
  std::string number;
  Status status = store.Get(family, "number", &number);
  return status.ok() ? number : "none";
}

// --- A log that is torn or damaged ---

constexpr int kWritten = 3;

std::string LogOf(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".log") return entry.path().string();
  }
  return "";
}

// A closed store whose log holds the numbers from 1 to kWritten.
class DamagedLog : public testing::Test {
 protected:
  void SetUp() override {
    auto store = Open(original_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    sizes_.push_back(fs::file_size(LogOf(original_)));
    for (int number = 1; number <= kWritten; ++number) {
      ASSERT_TRUE(WriteNumber(store->get(), number).ok());
      sizes_.push_back(fs::file_size(LogOf(original_)));
    }
  }

  // Of a copy whose log `damage` has changed: the number that it opens with, the same in all families, and that it can
  // be written to.
  int OpensWith(const std::function<void(const std::string& log)>& damage) {
    fs::remove_all(copy_);
    fs::copy(original_, copy_, fs::copy_options::recursive);
    damage(LogOf(copy_));
    auto store = Open(copy_);
    EXPECT_TRUE(store.ok()) << store.status().ToString();
    if (!store.ok()) return -1;
    const std::string number = Number(**store, 0);
    EXPECT_EQ(number, Number(**store, 1));
    EXPECT_TRUE(WriteNumber(store->get(), 100).ok());
    return number == "none" ? 0 : std::stoi(number);
  }

  // All bytes of the last record, and some of those before.
  uint64_t Next(uint64_t at) const { return at < sizes_[kWritten - 1] ? std::min(at + 11, sizes_[kWritten - 1]) : at + 1; }
  // How many numbers lie before this byte of the log.
  int WholeBefore(uint64_t at) const {
    return static_cast<int>(std::count_if(sizes_.begin() + 1, sizes_.end(), [&](uint64_t end) { return end <= at; }));
  }

  TempFolder folder_;
  const std::string original_ = folder_.path() + "/original";
  const std::string copy_ = folder_.path() + "/copy";
  std::vector<uint64_t> sizes_;  // of the log, after each number
};

TEST_F(DamagedLog, CutAnywhereItOpensWithWhatIsWhole) {
  for (uint64_t size = sizes_.front(); size < sizes_.back(); size = Next(size)) {
    SCOPED_TRACE("cut to " + std::to_string(size));
    EXPECT_EQ(OpensWith([&](const std::string& log) { fs::resize_file(log, size); }), WholeBefore(size));
  }
}

TEST_F(DamagedLog, WithAnyByteFlippedItOpensWithWhatLiesBefore) {
  for (uint64_t at = sizes_.front(); at < sizes_.back(); at = Next(at)) {
    SCOPED_TRACE("byte " + std::to_string(at));
    EXPECT_EQ(OpensWith([&](const std::string& log) {
                std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
                file.seekg(static_cast<std::streamoff>(at));
                const int byte = file.get();
                file.seekp(static_cast<std::streamoff>(at));
                file.put(static_cast<char>(byte ^ (1 << (at % 8))));
              }),
              WholeBefore(at));
  }
}

// --- A disk that is full ---

constexpr int kNoMounts = 77;
constexpr size_t kPadding = 5000;

// On a disk of 16 MiB that only this process sees.
int FillDisk(int writes_before) {
  const std::string folder = testing::TempDir();
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=16m") != 0) {
    return kNoMounts;
  }
  auto store = Open(folder + "/db");
  if (!store.ok()) return 1;
  for (int i = 0; i < writes_before; ++i) {
    if (!WriteNumber(store->get(), i, kPadding).ok()) return 2;
  }
  const int filler = open((folder + "/filler").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  for (const std::string& block : {std::string(4096, 'x'), std::string(1, 'x')}) {
    while (write(filler, block.data(), block.size()) > 0) continue;
  }
  Status status;
  int last = writes_before;
  for (int i = writes_before; i < 10'000 && status.ok(); ++i) {
    status = WriteNumber(store->get(), i, kPadding);
    if (status.ok()) last = i;
  }
  if (status.message().find("is full: make room") == std::string::npos) return 3;
  store->reset();
  close(filler);
  fs::remove(folder + "/filler");
  store = Open(folder + "/db");
  return store.ok() && Number(**store, 0) == std::to_string(last) && Number(**store, 1) == std::to_string(last) ? 0 : 4;
}

// `writes_before`: so that sometimes the log, sometimes a flush is the first to find it full.
class FullDisk : public testing::TestWithParam<int> {};

TEST_P(FullDisk, IsToldAndEndsNoProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // RocksDB's threads of an earlier test would be missing after a fork
  int how = 0;
  const auto keep = [&how](int status) {
    how = status;
    return true;
  };
  EXPECT_EXIT(_exit(FillDisk(GetParam())), keep, "");
  ASSERT_TRUE(WIFEXITED(how)) << "ended by signal " << WTERMSIG(how);
  if (WEXITSTATUS(how) == kNoMounts) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(WEXITSTATUS(how), 0);
}

INSTANTIATE_TEST_SUITE_P(At, FullDisk, testing::Values(1, 100, 300, 500, 800));

}  // namespace
}  // namespace odometer
