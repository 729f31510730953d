#!/usr/bin/python3
"""At each step of the commit protocol and of recovery the processor dies, or the step fails; what it counts stays exact.

Its argument: the odometer that has failpoints."""

import collections
import json
import os
import signal
import sys

from confluent_kafka import Producer
from deployment import Deployment, wait_for
from oracle import read_topic

STEPS = [
    "commit.begin", "commit.produce", "commit.progress", "commit.flush", "commit.offsets", "commit.decide", "commit.abort",
    "commit.store", "recover.init", "recover.committed", "restore.ends", "restore.read", "restore.store", "recover.input",
    "recover.open", "recover.start", "consume.poll",
]  # fmt: skip
ABORTED = "commit.offsets.before=abort; "  # only then there is a commit.abort

DEATHS = [
    f"{ABORTED if step == 'commit.abort' else ''}{step}.{moment}=die"
    for step in STEPS if step != "consume.poll" for moment in ("before", "after")
]  # fmt: skip
# Only what the step's contract allows: a commit that has had its effect does not say that it has not.
FAILURES = [
    "commit.begin.before=retry", "commit.begin.before=abort", "commit.begin.before=recover", "commit.begin.after=recover",
    "commit.produce.before=retry", "commit.produce.before=abort", "commit.produce.before=recover",
    "commit.produce.after=retry", "commit.produce.after=abort", "commit.produce.after=recover",
    "commit.progress.before=abort", "commit.progress.before=recover",
    "commit.progress.after=abort", "commit.progress.after=recover",
    "commit.flush.before=abort", "commit.flush.before=recover", "commit.flush.after=abort", "commit.flush.after=recover",
    "commit.offsets.before=abort", "commit.offsets.before=recover",
    "commit.offsets.after=abort", "commit.offsets.after=recover",
    "commit.decide.before=retry", "commit.decide.before=abort", "commit.decide.before=recover",
    "commit.decide.after=retry", "commit.decide.after=recover",
    ABORTED + "commit.abort.before=recover", ABORTED + "commit.abort.after=recover",
    "commit.decide.before=abort; commit.abort.before=recover",
    "commit.store.before=retry", "commit.store.after=retry",
    "recover.init.before=retry", "recover.init.before=recover", "recover.init.after=retry", "recover.init.after=recover",
    "recover.committed.before=retry", "recover.committed.after=retry",
    "restore.ends.before=retry", "restore.ends.after=retry",
    "restore.read.before=retry", "restore.read.after=retry",
    "restore.store.before=retry", "restore.store.after=retry",
    "recover.input.before=retry", "recover.input.after=retry",
    "recover.open.before=retry", "recover.open.after=retry",
    "recover.start.before=recover", "recover.start.after=recover",
    "consume.poll.before=recover@10", "consume.poll.after=recover@10",
]  # fmt: skip
# After these it must not go on.
ENDS = [
    "commit.begin.before=stop", "commit.begin.after=stop",
    "commit.produce.before=invalid", "commit.produce.before=stop", "commit.produce.after=stop",
    "commit.progress.before=stop", "commit.progress.after=stop", "commit.flush.before=stop", "commit.flush.after=stop",
    "commit.offsets.before=stop", "commit.offsets.after=stop", "commit.decide.before=stop", "commit.decide.after=stop",
    "commit.store.before=stop", "commit.store.after=stop",
    "recover.init.before=stop", "recover.committed.before=stop", "restore.ends.before=stop", "restore.read.before=stop",
    "restore.store.before=stop", "restore.store.after=stop", "recover.input.before=stop",
    "recover.open.before=stop", "recover.open.after=stop",
    "consume.poll.before=stop@10", "consume.poll.after=stop@10",
]  # fmt: skip
# Of tasks that have never counted.
FIRST_ENDS = ["recover.open.before=stop", "recover.open.after=stop"]
FIRST_DEATHS = ["recover.open.before=die", "recover.open.after=die"]
FIRST_FAILURE = "recover.open.before=retry; recover.open.after=retry"

NAMES = 7
FIRST_MS = 1_700_000_000_000
# So that events can be late and series too many.
SETTINGS = {"tiers": [{"size": "1m", "retention": "30d"}], "totals": False, "limits.series.per.org": NAMES}
FATES = ("consumed", "applied", "duplicate", "late", "rejected", "overflowed")


class Story:
    def __init__(self, deployment):
        self.deployment = deployment
        self.producer = Producer({"bootstrap.servers": deployment.broker})
        self.events = 0
        self.fates = collections.Counter()
        self.mark = 0  # of its log: from here on it is of the latest start

    def send(self):
        """Before each fault: some of each fate, on both partitions."""
        for i in range(40):
            self.event("applied", self.events)
            if i % 10 < 2:
                self.event("duplicate", self.events)
                self.event("late", self.events, ts=FIRST_MS - 40 * 86_400_000, id=None)
                self.produce("rejected", self.events, b"no event")
            self.events += 1
        for i in range(8):
            self.event("overflowed", self.events + i, name=f"past the limit {self.events + i}", id=None)
        assert self.producer.flush(30) == 0

    def event(self, fate, number, **others):
        event = {"name": f"s{number % NAMES}", "ts": FIRST_MS + number * 1_000, "id": str(number)} | others
        self.produce(fate, number, json.dumps({key: value for key, value in event.items() if value is not None}))

    def produce(self, fate, number, record):
        self.producer.produce(self.deployment.topic, record, partition=number % 2)
        self.fates[fate] += 1
        self.fates["consumed"] += 1

    def start_with(self, failpoints):
        self.mark = self.deployment.log_mark("processor")
        os.environ["FAILPOINTS"] = failpoints
        self.deployment.start("processor", wait_ready=False)
        del os.environ["FAILPOINTS"]
        self.send()

    def fired(self, failpoints):
        log = self.deployment.log("processor", self.mark)
        names = [failpoint.split("@")[0] for failpoint in failpoints.split("; ")]
        return all(f"failpoint {name.replace('=', ' fires: ')}\n" in log for name in names)

    def end_at(self, failpoints, expected):
        self.start_with(failpoints)
        process = self.deployment.processes["processor"]
        wait_for(f"the processor to end at {failpoints}", lambda: process.poll() is not None)
        del self.deployment.processes["processor"]
        assert process.returncode == expected, f"{failpoints}: ended with {process.returncode}, not {expected}"
        assert self.fired(failpoints), failpoints

    def survive(self, failpoints):
        self.start_with(failpoints)
        wait_for(f"{failpoints} to fire", lambda: self.fired(failpoints))
        self.deployment.wait_until_counted()
        assert self.deployment.processes["processor"].poll() is None, f"{failpoints}: the processor has ended"
        self.deployment.kill("processor")

    def accounting(self):
        """Of all there is."""
        self.deployment.wait_until_counted()
        ends = ",".join(f"{self.deployment.topic}/{p}@{end - 1}" for p, end in enumerate(self.deployment.ends()))
        answer, _ = self.deployment.http("query").get_json("/api/v1/accounting", **{"min-offset": ends})
        assert answer["balanced"], answer
        assert {fate: answer[fate] for fate in FATES} == dict(self.fates), (answer, self.fates)

    def check(self):
        # The second one finds nothing uncounted, so its metrics are of what is sent now.
        for _ in range(2):
            self.deployment.start("processor")
            self.deployment.wait_until_counted()
            self.deployment.stop("processor")
        self.deployment.start("processor")
        self.deployment.start("query")
        self.accounting()
        before = self.fates.copy()
        self.send()
        self.accounting()
        for fate in FATES:
            self.deployment.expect_metric("processor", f"odometer_events_{fate}_total", self.fates[fate] - before[fate])
        self.check_counts()
        letters = [value for *_, value, _ in read_topic(self.deployment.broker, self.deployment.name + ".dead-letters", 2)]
        assert letters == [b"no event"] * self.fates["rejected"], letters
        self.deployment.stop("query")
        self.deployment.kill("processor")

    def check_counts(self):
        query = self.deployment.http("query")
        for name in range(NAMES):
            answer, _ = query.get_json("/read", key=f"s{name}", type="points", period=60)
            expected = collections.Counter()
            for event in range(name, self.events, NAMES):
                expected[(FIRST_MS + event * 1_000) // 60_000 * 60_000] += 1
            counted = {point["from"]: point["value"] for point in answer["values"] if point["value"]}
            assert counted == expected, f"s{name}: {counted}, not {expected}"


def main():
    os.environ["ODOMETER_BINARY"] = sys.argv[1]
    with Deployment(partitions=2, settings=SETTINGS) as deployment:
        story = Story(deployment)
        for failpoints in FIRST_ENDS:
            story.end_at(failpoints, 1)
        for failpoints in FIRST_DEATHS:
            story.end_at(failpoints, -signal.SIGKILL)
        story.survive(FIRST_FAILURE)
        story.check()
        for failpoints in DEATHS:
            story.end_at(failpoints, -signal.SIGKILL)
        story.check()
        for failpoints in FAILURES:
            story.survive(failpoints)
        story.check()
        for failpoints in ENDS:
            story.end_at(failpoints, 1)
        story.check()
        print(f"{len(DEATHS)} deaths, {len(FAILURES)} failures and {len(ENDS)} ends, {dict(story.fates)}, all counted once")


if __name__ == "__main__":
    sys.exit(main())
