#include "common/store/rocks_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "tests/unit/store/temp_folder.h"

namespace odometer {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kFamilies = {"meta", "windows"};

std::unique_ptr<PrimaryStore> OpenWith(const RocksStoreOptions& options) {
  auto store = OpenRocksStore(options);
  EXPECT_TRUE(store.ok()) << store.status().ToString();
  return store.ok() ? std::move(store).value() : nullptr;
}

std::unique_ptr<Store> Open(const std::string& path, const std::vector<std::string>& families = kFamilies,
                            std::shared_ptr<const StoreExpiry> expiry = nullptr) {
  return OpenWith({.path = path, .families = families, .expiry = std::move(expiry)});
}

void Put(Store* store, FamilyId family, const std::string& key, const std::string& value) {
  auto batch = store->NewBatch();
  batch->Put(family, key, value);
  ASSERT_TRUE(store->Write(std::move(batch)).ok());
}
std::string Get(const Store& store, FamilyId family, const std::string& key) {
  std::string value;
  Status status = store.Get(family, key, &value);
  return status.ok() ? value : "<" + std::string(ErrorKindName(status.kind())) + ">";
}

TEST(RocksStore, IsThereAgainAfterClosing) {
  TempFolder folder;
  const std::string path = folder.path() + "/made/by/open";
  {
    auto store = Open(path);
    Put(store.get(), 1, "a", "1");
  }
  auto store = Open(path);
  EXPECT_EQ(Get(*store, 1, "a"), "1");
  EXPECT_GT(store->DiskBytes(), 0u);
  EXPECT_GT(store->MemoryBytes(), 0u);
}

// The process that is killed is this program once more: one that was forked with threads may start no others.
TEST(RocksStore, IsThereAgainAfterItsProcessWasKilled) {
  constexpr char kPathOfTheKilled[] = "STORE_OF_THE_KILLED_PROCESS";
  if (const char* path = std::getenv(kPathOfTheKilled)) {
    auto store = Open(path);
    Put(store.get(), 0, "a", "1");
    Put(store.get(), 1, "a", "2");
    kill(getpid(), SIGKILL);
  }
  TempFolder folder;
  setenv(kPathOfTheKilled, folder.path().c_str(), 1);
  pid_t child = fork();
  if (child == 0) {
    execl("/proc/self/exe", "odometer_store_tests", "--gtest_filter=RocksStore.IsThereAgainAfterItsProcessWasKilled", nullptr);
    _exit(1);
  }
  unsetenv(kPathOfTheKilled);
  int how = 0;
  ASSERT_EQ(waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how));
  auto store = Open(folder.path());
  EXPECT_EQ(Get(*store, 0, "a"), "1");
  EXPECT_EQ(Get(*store, 1, "a"), "2");
}

TEST(RocksStore, AddsMissingFamiliesAndKeepsUnnamedOnes) {
  TempFolder folder;
  Put(Open(folder.path(), {"meta", "windows"}).get(), 1, "a", "1");
  {
    auto store = Open(folder.path(), {"totals", "meta"});
    EXPECT_EQ(Get(*store, 1, "a"), "<not found>");
    Put(store.get(), 0, "a", "2");
  }
  auto store = Open(folder.path(), {"windows", "totals"});
  EXPECT_EQ(Get(*store, 0, "a"), "1");
  EXPECT_EQ(Get(*store, 1, "a"), "2");
}

TEST(RocksStore, ASecondOpeningIsRefusedAndNamesTheLock) {
  TempFolder folder;
  auto store = Open(folder.path());
  auto second = OpenRocksStore({.path = folder.path(), .families = kFamilies});
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(second.status().Is(ErrorKind::kStop));
  EXPECT_THAT(second.status().message(), HasSubstr(folder.path() + "/LOCK"));
}

TEST(RocksStore, ADamagedStoreIsRefused) {
  TempFolder folder;
  Open(folder.path());
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().filename().string().starts_with("MANIFEST")) std::ofstream(entry.path()) << "not a manifest";
  }
  auto store = OpenRocksStore({.path = folder.path(), .families = kFamilies});
  ASSERT_FALSE(store.ok());
  EXPECT_TRUE(store.status().Is(ErrorKind::kStop));
  EXPECT_THAT(store.status().message(), HasSubstr("restored from the changelogs"));
}

TEST(RocksStore, AFolderThatCannotBeMadeIsRefused) {
  TempFolder folder;
  std::ofstream(folder.path() + "/file") << "x";
  auto store = OpenRocksStore({.path = folder.path() + "/file/db", .families = kFamilies});
  ASSERT_FALSE(store.ok());
  EXPECT_TRUE(store.status().Is(ErrorKind::kStop));
}

// Keys of family 1 that start with 'x' are expired; one key makes the filter throw.
class ExpireX : public StoreExpiry {
 public:
  bool Expired(FamilyId family, std::string_view key) const override {
    if (key == "throw") throw std::runtime_error("not allowed, and must not harm");
    return family == 1 && key.starts_with('x');
  }
};

TEST(RocksStore, CompactionFreesWhatExpired) {
  TempFolder folder;
  // Write buffers so small that writing makes RocksDB flush and compact by itself, again and again.
  auto store = OpenWith({.path = folder.path(),
                         .families = kFamilies,
                         .block_cache_bytes = 1 << 20,
                         .write_buffer_bytes = 1 << 20,
                         .expiry = std::make_shared<ExpireX>()});
  ASSERT_NE(store, nullptr);
  Put(store.get(), 0, "x", "kept: another family");
  Put(store.get(), 1, "throw", "kept");
  Put(store.get(), 1, "xa", "expires");
  const std::string value(10'000, 'v');
  for (int i = 0; i < 100'000 && Get(*store, 1, "xa") != "<not found>"; ++i) {
    Put(store.get(), 1, (i % 2 == 0 ? "a" : "z") + std::to_string(i % 100), value);
  }
  EXPECT_EQ(Get(*store, 1, "xa"), "<not found>");
  EXPECT_EQ(Get(*store, 1, "throw"), "kept");
  EXPECT_EQ(Get(*store, 0, "x"), "kept: another family");
}

TEST(RocksStore, MemoryStaysBounded) {
  TempFolder folder;
  constexpr uint64_t kCache = 4 << 20, kBuffers = 4 << 20;
  auto store = OpenWith({.path = folder.path(),
                         .families = kFamilies,
                         .block_cache_bytes = kCache,
                         .write_buffer_bytes = kBuffers});
  ASSERT_NE(store, nullptr);
  uint64_t most = 0;
  for (int i = 0; i < 400; ++i) {
    auto batch = store->NewBatch();
    for (int j = 0; j < 100; ++j) {
      batch->Put(static_cast<FamilyId>(j % 2), std::to_string(i * 7919 % 400) + "/" + std::to_string(j),
                 std::string(1000, static_cast<char>('a' + i % 26)));
    }
    ASSERT_TRUE(store->Write(std::move(batch)).ok());
    most = std::max(most, store->MemoryBytes());
  }
  auto view = store->View();
  for (FamilyId family : {0u, 1u}) {
    for (auto it = view->Scan(family, "", ""); it->Valid(); it->Next()) most = std::max(most, store->MemoryBytes());
  }
  EXPECT_LT(most, 2 * (kCache + kBuffers));  // 40 MB went through it
}

TEST(RocksStore, ASmallerBlockCacheLetsGoOfMemory) {
  TempFolder folder;
  constexpr uint64_t kCache = 16 << 20, kBuffers = 1 << 20;
  auto store = OpenWith({.path = folder.path(),
                         .families = kFamilies,
                         .block_cache_bytes = kCache,
                         .write_buffer_bytes = kBuffers});
  ASSERT_NE(store, nullptr);
  for (int i = 0; i < 8'000; ++i) Put(store.get(), 0, std::to_string(i), std::string(1000, static_cast<char>(i)));
  auto read_all = [&] {
    auto view = store->View();
    for (auto it = view->Scan(0, "", ""); it->Valid(); it->Next()) {
    }
    return store->MemoryBytes();
  };
  const uint64_t before = read_all();
  store->SetBlockCacheBytes(1 << 20);
  EXPECT_LT(read_all(), before / 2);
}

TEST(RocksSecondary, SeesWhatThePrimaryWroteOnceItCaughtUp) {
  TempFolder folder;
  auto primary = Open(folder.path() + "/db");
  Put(primary.get(), 0, "a", "1");
  auto opened = OpenRocksSecondary(folder.path() + "/db", folder.path() + "/follower", kFamilies);
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  auto secondary = std::move(opened).value();
  EXPECT_EQ(Get(*secondary, 0, "a"), "1");

  auto batch = primary->NewBatch();
  batch->Put(0, "a", "2");
  batch->Put(1, "b", "2");
  batch->DeleteRange(1, "c", "d");
  ASSERT_TRUE(primary->Write(std::move(batch)).ok());
  EXPECT_EQ(Get(*secondary, 0, "a"), "1");
  ASSERT_TRUE(secondary->CatchUp().ok());
  EXPECT_EQ(Get(*secondary, 0, "a"), "2");
  auto view = secondary->View();
  auto it = view->Scan(1, "", "");
  ASSERT_TRUE(it->Valid());
  EXPECT_EQ(it->Key(), "b");
  it->Next();
  EXPECT_FALSE(it->Valid());
}

TEST(RocksSecondary, FollowsAPrimaryThatWasClosedAndOpenedAgain) {
  TempFolder folder;
  auto primary = Open(folder.path() + "/db");
  Put(primary.get(), 0, "a", "1");
  auto secondary = OpenRocksSecondary(folder.path() + "/db", folder.path() + "/follower", kFamilies);
  ASSERT_TRUE(secondary.ok());
  primary.reset();
  ASSERT_TRUE(secondary.value()->CatchUp().ok());
  EXPECT_EQ(Get(*secondary.value(), 0, "a"), "1");
  primary = Open(folder.path() + "/db");
  Put(primary.get(), 0, "a", "2");
  ASSERT_TRUE(secondary.value()->CatchUp().ok());
  EXPECT_EQ(Get(*secondary.value(), 0, "a"), "2");
}

TEST(RocksSecondary, RefusesWrites) {
  TempFolder folder;
  auto primary = Open(folder.path() + "/db");
  auto secondary = OpenRocksSecondary(folder.path() + "/db", folder.path() + "/follower", kFamilies);
  ASSERT_TRUE(secondary.ok());
  auto batch = secondary.value()->NewBatch();
  batch->Put(0, "a", "1");
  EXPECT_TRUE(secondary.value()->Write(std::move(batch)).Is(ErrorKind::kInvalid));
}

TEST(RocksSecondary, AStoreOrFamilyThatIsNotThereYetMeansRetry) {
  TempFolder folder;
  auto nothing = OpenRocksSecondary(folder.path() + "/db", folder.path() + "/follower", kFamilies);
  EXPECT_TRUE(nothing.status().Is(ErrorKind::kRetry));
  auto primary = Open(folder.path() + "/db", {"meta"});
  auto no_family = OpenRocksSecondary(folder.path() + "/db", folder.path() + "/follower", kFamilies);
  EXPECT_TRUE(no_family.status().Is(ErrorKind::kRetry));
}

}  // namespace
}  // namespace odometer
