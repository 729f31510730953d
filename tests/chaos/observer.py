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
# So often it asks for what rules count.
ORDERS = 0.2


class Observer(threading.Thread):
    def __init__(self, port, topic, orders_topic, seed):
        super().__init__(name="observer", daemon=True)
        self.port = port
        self.topic = topic
        self.orders_topic = orders_topic
        self.rng = random.Random(seed)
        self.answers = []  # (topic that the name is counted of, name, sum or None, {topic/partition: next offset})
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
            topic, name = self.topic, f"counter.{int(SERIES_PER_TYPE * self.rng.random() ** 2)}"
            if self.rng.random() < ORDERS:
                topic, name = self.orders_topic, "order_revenue"
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
            parts = [part.rpartition("@") for part in headers.get("x-odometer-offsets", "").split(",") if part]
            offsets = {place: int(offset) for place, _, offset in parts}
            self.answers.append((topic, name, values[0]["value"] if values else None, offsets))

    def differences(self, events, orders):
        """Answers that are not what the topics say as of their offsets. `events`, `orders`: (partition, offset, event), of orders
        those that the rules make of them."""
        by_name = defaultdict(list)
        for topic, found_there in ((self.topic, events), (self.orders_topic, orders)):
            for partition, offset, event in found_there:
                if event["type"] == "counter":
                    by_name[(topic, event["name"])].append((f"{topic}/{partition}", offset, Fraction(event["value"])))
        found = []
        for topic, name, value, before in self.answers:
            counted = [v for place, offset, v in by_name[(topic, name)] if offset < before.get(place, 0)]
            expected = sum(counted) if counted else None
            if value != expected:
                found.append(f"{name} as of {before} was answered with {value} instead of {expected}")
        return found
