// The store in memory, for tests and simulation: same contract, and it can be copied, to go back to what a
// crash left behind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/store/store.h"

namespace odometer {

// `expiry` is applied only by CompactNow().
class MemoryStore : public Store {
 public:
  // A store of its own with the same content and expiry.
  virtual std::unique_ptr<MemoryStore> Clone() const = 0;
  // Removes what the expiry says may go.
  virtual void CompactNow() = 0;
  // Makes the next `count` writes fail with `status` and change nothing.
  virtual void FailWrites(int count, Status status) = 0;
};

std::unique_ptr<MemoryStore> NewMemoryStore(std::vector<std::string> families,
                                            std::shared_ptr<const StoreExpiry> expiry = nullptr);

}  // namespace odometer
