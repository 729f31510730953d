// What every Store promises, asked of each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/store/memory_store.h"
#include "common/store/rocks_store.h"
#include "tests/unit/store/temp_folder.h"

namespace odometer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr FamilyId kFirst = 0;
constexpr FamilyId kSecond = 1;

class StoreContract : public testing::TestWithParam<std::string> {
 protected:
  StoreContract() {
    const std::vector<std::string> families = {"first", "second"};
    if (GetParam() == "memory") {
      store_ = NewMemoryStore(families);
      return;
    }
    auto opened = OpenRocksStore({.path = folder_.path() + "/db", .families = families});
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    if (opened.ok()) store_ = std::move(opened).value();
  }

  void Put(FamilyId family, std::string_view key, std::string_view value) {
    auto batch = store_->NewBatch();
    batch->Put(family, key, value);
    ASSERT_TRUE(store_->Write(std::move(batch)).ok());
  }
  // "value", or "<kind>".
  static std::string Text(const Status& status, const std::string& value) {
    return status.ok() ? value : "<" + std::string(ErrorKindName(status.kind())) + ">";
  }
  std::string Get(FamilyId family, std::string_view key) {
    std::string value = "untouched";
    Status status = store_->Get(family, key, &value);
    return Text(status, value);
  }
  static std::string Get(const StoreView& view, FamilyId family, std::string_view key) {
    std::string value;
    Status status = view.Get(family, key, &value);
    return Text(status, value);
  }
  static std::vector<std::string> Rest(StoreIterator* it) {
    std::vector<std::string> entries;
    for (; it->Valid(); it->Next()) entries.push_back(std::string(it->Key()) + "=" + std::string(it->Value()));
    EXPECT_TRUE(it->status().ok());
    return entries;
  }
  std::vector<std::string> Scan(FamilyId family, std::string_view lower, std::string_view upper) {
    auto view = store_->View();
    return Rest(view->Scan(family, lower, upper).get());
  }

  TempFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, GivesBackWhatWasWritten) {
  Put(kFirst, "a", "1");
  EXPECT_EQ(Get(kFirst, "a"), "1");
  Put(kFirst, "a", "2");
  EXPECT_EQ(Get(kFirst, "a"), "2");
  EXPECT_EQ(Get(kFirst, "b"), "<not found>");
}

TEST_P(StoreContract, KeepsFamiliesApart) {
  Put(kFirst, "a", "1");
  EXPECT_EQ(Get(kSecond, "a"), "<not found>");
  EXPECT_THAT(store_->Families(), ElementsAre("first", "second"));
}

TEST_P(StoreContract, TakesAnyBytesAndEmptyValues) {
  const std::string key("\0\xff\0", 3);
  Put(kFirst, key, "");
  EXPECT_EQ(Get(kFirst, key), "");
}

TEST_P(StoreContract, AppliesABatchInItsOrder) {
  auto batch = store_->NewBatch();
  batch->Put(kFirst, "a", "1");
  batch->Delete(kFirst, "a");
  batch->Put(kFirst, "b", "1");
  batch->DeleteRange(kFirst, "a", "c");
  batch->Put(kFirst, "b", "2");
  batch->Put(kSecond, "a", "3");
  EXPECT_GT(batch->Bytes(), 0u);
  ASSERT_TRUE(store_->Write(std::move(batch)).ok());
  EXPECT_THAT(Scan(kFirst, "", ""), ElementsAre("b=2"));
  EXPECT_THAT(Scan(kSecond, "", ""), ElementsAre("a=3"));
}

TEST_P(StoreContract, DeletesARangeWithoutItsEnd) {
  for (const char* key : {"a", "b", "c", "d"}) Put(kFirst, key, "1");
  auto batch = store_->NewBatch();
  batch->DeleteRange(kFirst, "b", "d");
  batch->DeleteRange(kFirst, "d", "d");
  batch->DeleteRange(kFirst, "z", "a");
  ASSERT_TRUE(store_->Write(std::move(batch)).ok());
  EXPECT_THAT(Scan(kFirst, "", ""), ElementsAre("a=1", "d=1"));
}

TEST_P(StoreContract, ScansFromLowerToBeforeUpper) {
  for (const char* key : {"a", "b", "c", "d"}) Put(kFirst, key, "1");
  EXPECT_THAT(Scan(kFirst, "b", "d"), ElementsAre("b=1", "c=1"));
  EXPECT_THAT(Scan(kFirst, "c", ""), ElementsAre("c=1", "d=1"));
  EXPECT_THAT(Scan(kFirst, "", "b"), ElementsAre("a=1"));
  EXPECT_THAT(Scan(kFirst, "x", "z"), IsEmpty());
}

TEST_P(StoreContract, SeeksInsideItsBounds) {
  for (const char* key : {"a", "b", "c", "d", "e"}) Put(kFirst, key, "1");
  auto view = store_->View();
  auto it = view->Scan(kFirst, "b", "e");
  it->Seek("c");
  EXPECT_THAT(Rest(it.get()), ElementsAre("c=1", "d=1"));
  it->Seek("bb");
  EXPECT_THAT(Rest(it.get()), ElementsAre("c=1", "d=1"));
  it->Seek("a");
  EXPECT_THAT(Rest(it.get()), ElementsAre("b=1", "c=1", "d=1"));
  it->Seek("e");
  EXPECT_THAT(Rest(it.get()), IsEmpty());
  it->Seek("d");
  EXPECT_THAT(Rest(it.get()), ElementsAre("d=1"));
}

TEST_P(StoreContract, SortsKeysAsUnsignedBytes) {
  for (const char* key : {"\x7f", "\x80", "\xff", "\x01"}) Put(kFirst, key, "");
  EXPECT_THAT(Scan(kFirst, "", ""), ElementsAre("\x01=", "\x7f=", "\x80=", "\xff="));
}

TEST_P(StoreContract, AViewStaysAsItWasAcrossFamilies) {
  Put(kFirst, "a", "1");
  Put(kSecond, "a", "1");
  auto view = store_->View();
  auto it = view->Scan(kFirst, "", "");
  auto batch = store_->NewBatch();
  batch->Put(kFirst, "a", "2");
  batch->Put(kFirst, "b", "2");
  batch->Delete(kSecond, "a");
  ASSERT_TRUE(store_->Write(std::move(batch)).ok());
  EXPECT_EQ(Get(*view, kFirst, "a"), "1");
  EXPECT_EQ(Get(*view, kFirst, "b"), "<not found>");
  EXPECT_EQ(Get(*view, kSecond, "a"), "1");
  EXPECT_THAT(Rest(it.get()), ElementsAre("a=1"));
  EXPECT_THAT(Rest(view->Scan(kSecond, "", "").get()), ElementsAre("a=1"));
  EXPECT_THAT(Scan(kFirst, "", ""), ElementsAre("a=2", "b=2"));
}

TEST_P(StoreContract, AnEmptyBatchChangesNothing) {
  Put(kFirst, "a", "1");
  ASSERT_TRUE(store_->Write(store_->NewBatch()).ok());
  EXPECT_THAT(Scan(kFirst, "", ""), ElementsAre("a=1"));
}

// Two keys that are always written together must never be seen apart.
TEST_P(StoreContract, ReadersNeverSeeHalfABatch) {
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) {
      auto batch = store_->NewBatch();
      batch->Put(kFirst, "a", std::to_string(i));
      batch->Put(kSecond, "b", std::to_string(i));
      EXPECT_TRUE(store_->Write(std::move(batch)).ok());
    }
    done = true;
  });
  do {
    auto view = store_->View();
    EXPECT_EQ(Get(*view, kFirst, "a"), Get(*view, kSecond, "b"));
  } while (!done);
  writer.join();
  EXPECT_EQ(Get(kFirst, "a"), "499");
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::Values("memory", "rocks"),
                         [](const auto& param_info) { return param_info.param; });

}  // namespace
}  // namespace odometer
