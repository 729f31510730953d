#!/usr/bin/python3
"""A small web shop's events: requests, latencies, stock levels and logins, about fifty a second, until SIGTERM; and its orders,
about one a second.

Shows that a producer needs nothing but a Kafka client: each event is one JSON record on the input topic, keyed by
level.name. Orders are on a topic of their own, as a shop has them, and know nothing of metrics: rules.yaml says what to count
of them.
"""
import argparse
import json
import math
import random
import signal
import threading
import time

from confluent_kafka import Producer

LEVEL = "shop"
# Route: its share of the requests, its median latency in ms, and how widely latencies spread around it.
ROUTES = {
    "/": (0.40, 12.0, 0.4),
    "/search": (0.25, 45.0, 0.6),
    "/article": (0.22, 20.0, 0.5),
    "/cart": (0.09, 30.0, 0.5),
    "/checkout": (0.04, 140.0, 0.7),
}
ARTICLES = {"bicycle": 40, "helmet": 120, "lamp": 200, "lock": 150}
PRICES_CENTS = {"bicycle": 74_900, "helmet": 5_995, "lamp": 3_450, "lock": 4_200}
COUNTRIES = {"de": 0.6, "at": 0.15, "ch": 0.15, "fr": 0.1}
REQUESTS_PER_S = 20  # each is two events; stock levels and logins make up the rest of the fifty


def event(name, kind, value, **labels):
    record = {"name": name, "type": kind, "value": value, "level": LEVEL, "ts": int(time.time() * 1000)}
    if labels:
        record["labels"] = labels
    return record


def order_record(rng, number):
    """One that was just placed, in the shop's own words."""
    articles = rng.choices(list(PRICES_CENTS), k=rng.choice([1, 1, 1, 2, 3]))
    country = rng.choices(list(COUNTRIES), list(COUNTRIES.values()))[0]
    return {
        "_type": "order_placed",
        "order": {"id": f"O-{number:07d}", "channel": rng.choice(["web", "app"])},
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "customer": {"id": rng.randrange(10_000), "address": {"country": country, "zip": str(rng.randrange(10_000, 99_999))}},
        "items": [{"article": article, "price_cents": PRICES_CENTS[article]} for article in articles],
        "payment": {"method": rng.choice(["card", "invoice"]), "total_cents": sum(PRICES_CENTS[a] for a in articles)},
        "timing": {"checkout_s": round(rng.lognormvariate(3.5, 0.5), 1)},
    }


class Orders:
    """One a second, which is shipped some orders later."""

    def __init__(self):
        self._random = random.Random()
        self._placed = []
        self._number = int(time.time())

    def step(self):
        if self._random.random() >= 1 / REQUESTS_PER_S:
            return
        self._number += 1
        self._placed.append(order_record(self._random, self._number))
        yield self._placed[-1]
        if len(self._placed) > 5:
            shipped = self._placed.pop(0)
            yield {"_type": "order_shipped", "order": shipped["order"], "parcels": len(shipped["items"])}


class Shop:
    """What happens in the shop, one request at a time."""

    def __init__(self):
        self._random = random.Random()
        self._stock = dict(ARTICLES)
        self._requests = 0

    def request(self):
        shares = [share for share, _, _ in ROUTES.values()]
        route = self._random.choices(list(ROUTES), shares)[0]
        _, median_ms, spread = ROUTES[route]
        status = self._random.choices(["200", "404", "500"], [0.97, 0.02, 0.01])[0]
        latency_ms = self._random.lognormvariate(math.log(median_ms), spread)
        yield event("requests", "counter", 1, route=route, status=status)
        yield event("latency_ms", "timer", round(latency_ms, 3), route=route)
        if route == "/checkout" and status == "200":
            yield from self.sale()

    def sale(self):
        article = self._random.choice(list(ARTICLES))
        self._stock[article] -= 1
        if self._stock[article] < ARTICLES[article] // 4:
            self._stock[article] = ARTICLES[article]  # a delivery
        yield event("stock", "gauge", self._stock[article], article=article)

    def step(self):
        """The events of one request, and what else happened until then."""
        yield from self.request()
        if self._random.random() < 0.25:
            yield event("logins", "meter", 1)
        if self._requests % REQUESTS_PER_S == 0:
            for article, level in self._stock.items():
                yield event("stock", "gauge", level, article=article)
        self._requests += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="the Kafka broker (default %(default)s)")
    parser.add_argument("--topic", default="metrics.events", help="the input topic (default %(default)s)")
    parser.add_argument("--orders", default="shop.orders", help="the topic of orders (default %(default)s)")
    arguments = parser.parse_args()

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    # The client reconnects by itself; while the broker is away, records wait in its queue.
    producer = Producer({"bootstrap.servers": arguments.bootstrap, "enable.idempotence": True, "linger.ms": 20,
                         "queue.buffering.max.messages": 20000, "log_level": 3})
    shop, orders = Shop(), Orders()
    while not stop.wait(1 / REQUESTS_PER_S):
        try:
            for record in shop.step():
                producer.produce(arguments.topic, key=f"{LEVEL}.{record['name']}", value=json.dumps(record))
            for record in orders.step():
                producer.produce(arguments.orders, key=record["order"]["id"], value=json.dumps(record))
        except BufferError:
            pass  # the broker has been away for minutes: a demo may leave events out
        producer.poll(0)
    producer.flush(5)


if __name__ == "__main__":
    main()
