// Reads the state straight from a store.
#pragma once

#include <memory>

#include "common/state/state_layout.h"
#include "common/state/state_reader.h"
#include "common/store/store.h"

namespace odometer {

// The store's families must be those of `layout`; the store must outlive the reader. Thread-safe.
// A view is one of the store: its answers and its position belong together. Tasks that are being restored are left out,
// of the answers and of the position.
// kInvalid as well for an answer over kMaxAnswerBytes, or of series over kMaxSelectionBytes; kStop when the store holds
// what cannot be decoded.
std::unique_ptr<StateReader> NewLocalReader(const Store* store, StateLayout layout);

inline constexpr size_t kMaxAnswerBytes = 48 << 20;
// What is kept of the selected series while their windows are read: about half a million.
inline constexpr size_t kMaxSelectionBytes = 64 << 20;
// ReadTotals ends a page early rather than go over this.
inline constexpr size_t kMaxPageBytes = 16 << 20;

}  // namespace odometer
