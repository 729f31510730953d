// The process dies at every single call to the broker that a story makes, just before its effect and just after it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/scenarios/processor_under_test.h"

namespace odometer {
namespace {

constexpr int kPartitions = 2;
constexpr int kSeries = 3;
constexpr int kRoundsOfEvents = 6;

struct Outcome {
  int calls = 0;  // moments at which it could have died
  int deaths = 0;
  int sent = 0;
  int sent_again = 0;
  std::string trouble;
};

// Events trickle in, one of them rejected, then all is committed. Those of all series but the first have ids, and are sent
// a second time: while their first is on its way, and after everything. Dies at the calls `first_death` and `second_death`,
// counted from the beginning and from the restart; the disk survives or not.
class Story {
 public:
  Story(bool exactly_once, int first_death, int second_death, bool disk_lost)
      : odometer_(kPartitions, TierSet::Default(), exactly_once),
        next_death_(first_death),
        second_death_(second_death),
        disk_lost_(disk_lost) {
    Watch();
  }

  Outcome Run() {
    for (int round = 0; round < kRoundsOfEvents; ++round) {
      for (int partition = 0; partition < kPartitions; ++partition) {
        for (int series = 0; series < kSeries; ++series) {
          Send(round, partition, series);
          ++outcome_.sent;
        }
      }
      if (round == 2) odometer_.Send(0, "not json");
      Advance(3);
      SendAgain(round);
      Advance(4);
    }
    for (int round = 0; round < kRoundsOfEvents; ++round) SendAgain(round);
    for (int rounds = 0; rounds < 500 && !odometer_.AllCommitted(); ++rounds) Advance(1);
    if (!odometer_.AllCommitted()) outcome_.trouble = "never settled";
    return outcome_;
  }

  ProcessorUnderTest& odometer() { return odometer_; }

 private:
  void Send(int round, int partition, int series) {
    const std::string name = "s" + std::to_string(series);
    const int64_t ts_ms = kT + round * 45'000;
    if (series == 0) {
      odometer_.Send(partition, EventJson(name, 1, ts_ms));
    } else {
      odometer_.Send(partition, EventWithId(name + "-" + std::to_string(round), name, ts_ms));
    }
  }
  void SendAgain(int round) {
    for (int partition = 0; partition < kPartitions; ++partition) {
      for (int series = 1; series < kSeries; ++series) {
        Send(round, partition, series);
        ++outcome_.sent_again;
      }
    }
  }

  void Watch() {
    odometer_.broker.SetObserver([this](BrokerCall, CallMoment) {
      if (outcome_.calls++ != next_death_) return;
      odometer_.broker.set_cut_off(true);
      alive_ = false;
    });
  }

  void Advance(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      Status status = odometer_.Round(25);
      if (!alive_) {
        Reincarnate();
      } else if (!status.ok()) {
        outcome_.trouble = status.message();
      }
    }
  }

  void Reincarnate() {
    odometer_.Crash();
    odometer_.broker.set_cut_off(false);
    if (disk_lost_) odometer_.LoseStore();
    ++outcome_.deaths;
    next_death_ = second_death_ < 0 || outcome_.deaths > 1 ? -1 : outcome_.calls + second_death_;
    alive_ = true;
    odometer_.Start();
  }

  ProcessorUnderTest odometer_;
  int next_death_;
  const int second_death_;
  const bool disk_lost_;
  bool alive_ = true;
  Outcome outcome_;
};

void ExpectExact(Story* story, const Outcome& outcome, const std::string& where) {
  SCOPED_TRACE(where);
  ASSERT_EQ(outcome.trouble, "");
  ProcessorUnderTest& odometer = story->odometer();
  uint64_t total = 0;
  for (int series = 0; series < kSeries; ++series) {
    const std::string name = "s" + std::to_string(series);
    total += odometer.Total(name).count();
    for (const Tier& tier : TierSet::Default().windows) {
      uint64_t in_tier = 0;
      for (const Bucket& bucket : odometer.Windows(name, tier.size_ms, tier.size_ms)) in_tier += bucket.aggregate.count();
      ASSERT_EQ(in_tier, odometer.Total(name).count()) << name << " in " << tier.StoreName();
    }
  }
  ASSERT_EQ(total, static_cast<uint64_t>(outcome.sent));
  ASSERT_EQ(odometer.broker.CommittedRecords({kDeadLetters, 0}).size(), 1u);
  uint64_t consumed = 0;
  uint64_t duplicate = 0;
  for (const TaskPosition& task : odometer.Position().tasks) {
    ASSERT_TRUE(task.accounting.Balanced());
    consumed += task.accounting.consumed;
    duplicate += task.accounting.duplicate;
  }
  ASSERT_EQ(duplicate, static_cast<uint64_t>(outcome.sent_again));
  ASSERT_EQ(consumed, static_cast<uint64_t>(outcome.sent + outcome.sent_again) + 1);
}

int CallsOfTheStory(bool exactly_once) {
  Story story(exactly_once, -1, -1, false);
  return story.Run().calls;
}

TEST(Crash, AtAnyCallTheCountsAreExact) {
  const int calls = CallsOfTheStory(true);
  ASSERT_GT(calls, 100);
  for (bool disk_lost : {false, true}) {
    for (int death = 0; death < calls; death += kEveryNthDeath) {
      Story story(true, death, -1, disk_lost);
      const Outcome outcome = story.Run();
      ASSERT_EQ(outcome.deaths, 1);
      ExpectExact(&story, outcome, "died at call " + std::to_string(death) + (disk_lost ? ", disk lost" : ""));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Crash, AgainWhileItRecoversTheCountsAreExact) {
  const int calls = CallsOfTheStory(true);
  const int step = std::getenv("ODOMETER_TEST_LONG") != nullptr ? 1 : 13 * kEveryNthDeath;
  for (bool disk_lost : {false, true}) {
    for (int death = 40; death < calls; death += step) {
      for (int second = 0; second < 60; ++second) {
        Story story(true, death, second, disk_lost);
        const Outcome outcome = story.Run();
        ExpectExact(&story, outcome, "died at call " + std::to_string(death) + ", then " + std::to_string(second) +
                                         " calls later" + (disk_lost ? ", disk lost" : ""));
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(Crash, WithoutTransactionsNothingIsLost) {
  const int calls = CallsOfTheStory(false);
  for (int death = 0; death < calls; death += kEveryNthDeath) {
    Story story(false, death, -1, false);
    const Outcome outcome = story.Run();
    ASSERT_EQ(outcome.trouble, "") << death;
    for (int series = 0; series < kSeries; ++series) {
      ASSERT_GE(story.odometer().Total("s" + std::to_string(series)).count(),
                static_cast<uint64_t>(outcome.sent / kSeries))
          << "died at call " << death;
    }
  }
}

}  // namespace
}  // namespace odometer
