"""Asks the query process all the time. Each answer says which offsets it reflects: it must be exact as of these."""

import json
import random
import threading
import time
from collections import defaultdict
from fractions import Fraction

from deployment import Http
from load import SERIES_PER_TYPE

QUESTIONS_PER_SECOND = 10


class Observer(threading.Thread):
    def __init__(self, port, seed):
        super().__init__(name="observer", daemon=True)
        self.port = port
        self.rng = random.Random(seed)
        self.answers = []  # (name, sum or None, {partition: next offset})
        self.unanswered = 0
        self.failure = None
        self._stop_now = threading.Event()

    def stop(self):
        self._stop_now.set()
        self.join()

    def run(self):
        try:
            self.ask()
        except Exception as failure:
            self.failure = f"observer: {failure!r}"

    def ask(self):
        http = Http(self.port)
        while not self._stop_now.wait(1 / QUESTIONS_PER_SECOND):
            name = f"counter.{int(SERIES_PER_TYPE * self.rng.random() ** 2)}"
            try:
                status, headers, body = http.get("/read", key=name, type="counter")
            except OSError:
                self.unanswered += 1
                time.sleep(0.2)
                continue
            if status != 200:
                self.unanswered += 1
                continue
            values = json.loads(body)["values"]
            # The header is absent while no partition is covered.
            parts = [part.rpartition("/")[2] for part in headers.get("x-odometer-offsets", "").split(",") if part]
            offsets = {int(partition): int(offset) for partition, offset in (part.split("@") for part in parts)}
            self.answers.append((name, values[0]["value"] if values else None, offsets))

    def differences(self, events):
        """Answers that are not what the topic says as of their offsets. `events`: (partition, offset, event)."""
        by_name = defaultdict(list)
        for partition, offset, event in events:
            if event["type"] == "counter":
                by_name[event["name"]].append((partition, offset, Fraction(event["value"])))
        found = []
        for name, value, before in self.answers:
            counted = [v for partition, offset, v in by_name[name] if offset < before.get(partition, 0)]
            expected = sum(counted) if counted else None
            if value != expected:
                found.append(f"{name} as of {before} was answered with {value} instead of {expected}")
        return found
