// What the targets in this folder have in common. A target is one file that defines TestInput; its corpus is
// corpus/<name>. libfuzzer_main.cc makes it a fuzzer (preset `fuzz`), replay_main.cc a test of its corpus (all others).
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace odometer {

// Must give the same for the same input, whatever came before: else a failure could not be repeated.
void TestInput(std::string_view input);

// Takes the first byte off the input; 0 when it is empty.
inline unsigned char TakeByte(std::string_view* input) {
  if (input->empty()) return 0;
  auto byte = static_cast<unsigned char>(input->front());
  input->remove_prefix(1);
  return byte;
}

}  // namespace odometer

// What must hold for every input. Aborts, in every build.
#define ODOMETER_FUZZ_REQUIRE(condition)                                                    \
  do {                                                                                      \
    if (!(condition)) {                                                                     \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);   \
      std::abort();                                                                         \
    }                                                                                       \
  } while (false)
