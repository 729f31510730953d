#!/usr/bin/python3
"""At each step of the commit protocol and of recovery the processor dies, or the step fails; what it counts stays exact.

Its argument: the odometer that has failpoints."""

import json
import os
import signal
import sys

from confluent_kafka import Producer
from deployment import Deployment, wait_for

EVENTS = 40  # before each fault
STEPS = [
    "commit.begin", "commit.produce", "commit.flush", "commit.offsets", "commit.decide", "commit.store",
    "recover.init", "recover.committed", "restore.read", "restore.store", "recover.start",
]  # fmt: skip
DEATHS = [f"{step}.{moment}=die" for step in STEPS for moment in ("before", "after")]
# Only what the step's contract allows: a commit that has had its effect does not say that it has not.
FAILURES = [
    "commit.begin.before=retry", "commit.begin.after=recover",
    "commit.produce.before=abort", "commit.produce.after=recover",
    "commit.flush.before=abort", "commit.flush.after=abort",
    "commit.offsets.before=abort", "commit.offsets.after=abort", "commit.offsets.after=recover",
    "commit.decide.before=recover", "commit.decide.after=recover",
    "commit.store.before=retry", "commit.store.after=retry",
    "recover.init.before=retry", "recover.init.after=retry", "recover.committed.before=retry",
    "restore.read.before=retry", "restore.read.after=retry",
    "restore.store.before=retry", "restore.store.after=retry",
    "recover.start.before=retry", "recover.start.after=retry",
    "consume.poll.before=recover@10", "consume.poll.after=recover@10",
]  # fmt: skip


class Story:
    def __init__(self, deployment):
        self.deployment = deployment
        self.producer = Producer({"bootstrap.servers": deployment.broker})
        self.sent = 0

    def send(self):
        for _ in range(EVENTS):
            event = {"name": f"s{self.sent % 7}", "value": 1, "ts": 1_700_000_000_000 + self.sent * 1_000}
            self.producer.produce(self.deployment.topic, json.dumps(event).encode(), partition=self.sent % 2)
            self.sent += 1
        assert self.producer.flush(30) == 0

    def start_with(self, failpoint):
        os.environ["FAILPOINTS"] = failpoint
        self.deployment.start("processor", wait_ready=False)
        del os.environ["FAILPOINTS"]
        self.send()

    def fired(self, failpoint):
        with open(self.deployment.log_path("processor"), encoding="utf-8", errors="replace") as log:
            return f"failpoint {failpoint.split('@')[0].replace('=', ' fires: ')}" in log.read()

    def die_at(self, failpoint):
        self.start_with(failpoint)
        process = self.deployment.processes["processor"]
        wait_for(f"the processor to die at {failpoint}", lambda: process.poll() is not None)
        del self.deployment.processes["processor"]
        assert process.returncode == -signal.SIGKILL, f"{failpoint}: ended with {process.returncode}"
        assert self.fired(failpoint)

    def survive(self, failpoint):
        self.start_with(failpoint)
        wait_for(f"{failpoint} to fire", lambda: self.fired(failpoint))
        self.deployment.wait_until_counted()
        assert self.deployment.processes["processor"].poll() is None, f"{failpoint}: the processor has ended"
        self.deployment.kill("processor")

    def check(self):
        self.deployment.start("processor")
        self.deployment.start("query")
        self.deployment.wait_until_counted()
        query = self.deployment.http("query")
        for name in range(7):
            expected = len(range(name, self.sent, 7))
            answer, _ = query.get_json("/read", key=f"s{name}", type="counter")
            total = sum(value["value"] for value in answer["values"])
            assert total == expected, f"s{name}: {total}, not {expected}"
        accounting, _ = query.get_json("/api/v1/accounting")
        assert accounting["balanced"] and accounting["consumed"] == self.sent, accounting


def main():
    os.environ["ODOMETER_BINARY"] = sys.argv[1]
    with Deployment(partitions=2) as deployment:
        story = Story(deployment)
        deployment.start("processor")
        story.send()
        deployment.wait_until_counted()
        deployment.kill("processor")
        for failpoint in DEATHS:
            story.die_at(failpoint)
        story.check()
        deployment.stop("query")
        deployment.kill("processor")
        for failpoint in FAILURES:
            story.survive(failpoint)
        story.check()
        print(f"{len(DEATHS)} deaths and {len(FAILURES)} failures, {story.sent} events, all counted once")


if __name__ == "__main__":
    sys.exit(main())
