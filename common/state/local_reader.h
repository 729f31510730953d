// Reads the state straight from a store.
#pragma once

#include <memory>

#include "common/state/state_layout.h"
#include "common/state/state_reader.h"
#include "common/store/store.h"

namespace odometer {

// The store's families must be those of `layout`; the store must outlive the reader. Thread-safe.
// Every answer comes from one view of the store: it and the position that it names belong together. Tasks that are
// being restored are left out, of the answer and of the position.
// kInvalid as well for an answer over kMaxAnswerBytes; kStop when the store holds what cannot be decoded.
std::unique_ptr<StateReader> NewLocalReader(const Store* store, StateLayout layout);

inline constexpr size_t kMaxAnswerBytes = 48 << 20;
// ReadTotals ends a page early rather than go over this.
inline constexpr size_t kMaxPageBytes = 16 << 20;

}  // namespace odometer
