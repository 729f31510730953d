// Evaluating takes no memory per record. Not under sanitizers, which count with operators of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "tests/unit/rules/rules_under_test.h"

namespace {

std::atomic<uint64_t> allocations{0};

}  // namespace

// Those of the whole program. Inlined, g++ takes them for a mistake: free() of what is from operator new.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace odometer::rules {
namespace {

TEST(Evaluator, AllocatesNothingPerRecord) {
  RulesUnderTest rules(R"(
sources: [{topic: t}]
time: /at
events:
  - on: [placed, changed]
    match: {/a/b: 1}
    when: {or: [{/sku: {matches: '^A-[0-9]+$'}}, {/n: {gt: 5}}], not: {/test: true}}
    labels: {country: {from: /country, in: [de, at], else: other}, code: /code}
    do:
      - incr: orders
      - incr: {gauge: revenue, by: /amount}
      - observe: {timer: wait, value: {from: /wait, else: 0}}
      - set_value: {gauge: basket, value: /items/length}
)");
  ASSERT_EQ(rules.error(), "");
  const std::string record =
      R"({"_type":"changed","at":"2023-11-14T22:13:19Z","a":{"b":1},"sku":"A-1001","country":"a long country's name",)"
      R"("code":404,"amount":"19.95","items":[{},{},{}],"a text that is too long for a short string":"\u00e9"})";
  Evaluator& evaluator = rules.evaluator();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(evaluator.Evaluate(record, kRecordMs, 0), RejectReason::kNone);
  ASSERT_EQ(evaluator.events().size(), 4u);
  const uint64_t before = allocations;
  for (int i = 0; i < 100; ++i) evaluator.Evaluate(record, kRecordMs, 0);
  EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace odometer::rules
#endif
