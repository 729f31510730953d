#!/usr/bin/python3
"""Takes the pictures of docs/dashboard.md: screenshots.py PREPARED, with the environment of the browser tests. They show
a small shop with a day behind it."""

import json
import math
import os
import pathlib
import random
import subprocess
import sys
import time

from confluent_kafka import Producer
from dashboard_test import make_deployment, serve

ROOT = pathlib.Path(__file__).resolve().parents[2]
DAY_MINUTES = 24 * 60
WEEKS = 26
# A gauge has a tick, which is a period of its page.
RULES = """
sources: [{topic: %s}]
time: /at
gauges:
  revenue: {tick: 1w, timezone: Europe/Berlin}
events:
  - on: order_placed
    labels: {level: shop}
    do: [{incr: {gauge: revenue, by: /amount}}]
"""


def events(now_s):
    """The shop's day, oldest first."""
    rng = random.Random(7)
    stock = {"lamps": 150, "bicycles": 40}
    for minute in range(DAY_MINUTES, -1, -1):
        at_s = now_s - minute * 60
        busy = 1.2 + math.sin(at_s / 7_000)
        yield at_s, "visits", "counter", int(20 * busy + rng.random() * 12)
        yield at_s, "orders", "counter", int(2 * busy + rng.random() * 2)
        for _ in range(40 if minute < 90 else 4):
            yield at_s, "checkout_ms", "timer", round(rng.lognormvariate(4.6 + 0.15 * busy, 0.4), 1)
        for _ in range(rng.randrange(1, 5)):
            yield at_s - rng.random() * 60, "logins", "meter", 1
        for article, left in stock.items():
            stock[article] = left - (rng.random() < 0.3) if left > 8 else 150
            yield at_s, f"stock.{article}", "gauge", stock[article]


def orders(now_s):
    """Half a year of them, a few each day."""
    rng = random.Random(11)
    for day in range(7 * WEEKS, -1, -1):
        season = 1.5 + math.sin(day / 29) + 0.3 * (day % 7 in (1, 2))
        for _ in range(6):
            yield now_s - day * 86_400 - rng.randrange(3_600), round(season * rng.randrange(40, 180))


def main():
    with make_deployment() as deployment:
        url = serve(deployment, RULES)
        producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 20})
        for at_s, name, kind, value in events(time.time()):
            event = {"level": "shop", "name": name, "type": kind, "value": value, "ts": int(at_s * 1000)}
            producer.produce(deployment.topic, json.dumps(event), key="shop." + name)
            producer.poll(0)
        for at_s, amount in orders(time.time()):
            order = {"_type": "order_placed", "amount": amount}
            producer.produce(deployment.name + ".orders", json.dumps({**order, "at": int(at_s * 1000)}))
        producer.produce(deployment.topic, "no event")
        producer.flush(60)
        deployment.wait_until_counted()
        shop = [sys.executable, ROOT / "deploy/local/demo/shop.py"]
        with subprocess.Popen([*shop, "--bootstrap", deployment.broker, "--topic", deployment.topic]) as demo:
            folder = ROOT / "docs/screenshots"
            folder.mkdir(exist_ok=True)
            environment = {**os.environ, "ODOMETER_TEST_URL": url}
            subprocess.run(["node", "screenshots.mjs", folder], cwd=sys.argv[1] + "/copy", env=environment, check=True)
            demo.terminate()


if __name__ == "__main__":
    main()
