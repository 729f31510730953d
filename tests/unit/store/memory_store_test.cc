#include "common/store/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace odometer {
namespace {

class EvenKeysExpire : public StoreExpiry {
 public:
  bool Expired(FamilyId family, std::string_view key) const override { return family == 0 && (key.back() % 2) == 0; }
};

Status Put(MemoryStore* store, FamilyId family, const std::string& key) {
  auto batch = store->NewBatch();
  batch->Put(family, key, "x");
  return store->Write(std::move(batch));
}
bool Has(const MemoryStore& store, FamilyId family, const std::string& key) {
  std::string value;
  return store.Get(family, key, &value).ok();
}

TEST(MemoryStore, ExpiresOnlyWhenToldTo) {
  auto store = NewMemoryStore({"a", "b"}, std::make_shared<EvenKeysExpire>());
  for (FamilyId family : {0u, 1u}) {
    ASSERT_TRUE(Put(store.get(), family, "1").ok());
    ASSERT_TRUE(Put(store.get(), family, "2").ok());
  }
  EXPECT_TRUE(Has(*store, 0, "2"));
  store->CompactNow();
  EXPECT_TRUE(Has(*store, 0, "1"));
  EXPECT_FALSE(Has(*store, 0, "2"));
  EXPECT_TRUE(Has(*store, 1, "2"));
}

TEST(MemoryStore, FailedWritesChangeNothing) {
  auto store = NewMemoryStore({"a"});
  store->FailWrites(2, Status::Retry("full"));
  EXPECT_EQ(Put(store.get(), 0, "1").ToString(), "retry: full");
  EXPECT_EQ(Put(store.get(), 0, "1").ToString(), "retry: full");
  EXPECT_FALSE(Has(*store, 0, "1"));
  EXPECT_TRUE(Put(store.get(), 0, "1").ok());
  EXPECT_TRUE(Has(*store, 0, "1"));
}

TEST(MemoryStore, ACloneGoesItsOwnWay) {
  auto store = NewMemoryStore({"a"}, std::make_shared<EvenKeysExpire>());
  ASSERT_TRUE(Put(store.get(), 0, "2").ok());
  auto clone = store->Clone();
  ASSERT_TRUE(Put(store.get(), 0, "3").ok());
  EXPECT_TRUE(Has(*clone, 0, "2"));
  EXPECT_FALSE(Has(*clone, 0, "3"));
  clone->CompactNow();
  EXPECT_FALSE(Has(*clone, 0, "2"));
  EXPECT_TRUE(Has(*store, 0, "2"));
}

}  // namespace
}  // namespace odometer
