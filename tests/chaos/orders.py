"""Orders of a shop on a topic of their own, that rules count: who sends them, the rules, and what these must give, written
down once more in Python."""

import datetime
import json
import time
import zoneinfo

from load import MAX_AGE_MS, KafkaSender

ORDERS_PER_SECOND = 15
PARTITIONS = 2
# So often an order lacks what its rules need, or is cut off; it is a dead letter then.
INCOMPLETE = 0.02
MALFORMED = 0.01
# So often an order is of one of the days around a change of Berlin's clock, at midnight or whenever.
LONG_AGO = 0.3
DAYS = ("2025-03-29", "2025-03-30", "2025-03-31", "2025-10-25", "2025-10-26", "2025-10-27")
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000
KNOWN_COUNTRIES = ("de", "at")
RULES = """
sources: [{topic: %s}]
time: /created_at
gauges:
  orders: {tick: 1w, timezone: Europe/Berlin}
  order_revenue: {tick: 1d, timezone: Europe/Berlin}
  order_basket: {tick: 1h}
events:
  - on: order_placed
    labels: {country: {from: /customer/country, in: [de, at], else: other}}
    do:
      - incr: orders
      - incr: {gauge: order_revenue, by: /payment/cents}
      - observe: {timer: order_checkout_ms, value: {from: /timing/checkout, optional: true}}
      - set_value: {gauge: order_basket, value: /items/length}
  - match: {/status: [paid, shipped]}
    when: {/payment/cents: {ge: 5000}, not: {/test: true}}
    do: [{incr: large_orders}, {observe: {meter: large_order_rate}}]
"""
GAUGES = ("orders", "order_revenue", "order_basket")
WITHOUT_COUNTRY = ("large_orders", "large_order_rate")


def midnight(date):
    return round(datetime.datetime.combine(date, datetime.time(), BERLIN).timestamp() * 1000)


class OrderSender(KafkaSender):
    def __init__(self, broker, topic, seed):
        super().__init__(broker, topic, "consistent_random", seed, ORDERS_PER_SECOND, "orders")

    def send(self, event_id):
        value = json.dumps(self.make_order(event_id))
        if self.rng.random() < MALFORMED:
            value = value[:-1]
        self.produce(event_id, value, key=None)

    def make_time(self):
        if self.rng.random() >= LONG_AGO:
            return int(time.time() * 1000) - self.rng.randrange(MAX_AGE_MS)
        start = midnight(datetime.date.fromisoformat(self.rng.choice(DAYS)))
        return start + self.rng.choice((-1, 0, 1, self.rng.randrange(23 * HOUR_MS)))

    def make_order(self, event_id):
        rng = self.rng
        order = {
            "_type": rng.choice(("order_placed", "order_placed", "order_changed")),
            "id": event_id,
            "created_at": self.make_time(),
            "status": rng.choice(("new", "paid", "shipped")),
            "test": rng.random() < 0.1,
            "customer": {"country": rng.choice(("de", "at", "fr", None))},
            "payment": {"cents": rng.randrange(10_000)},
            "items": ["x"] * rng.randrange(6),
            "timing": {"checkout": round(rng.lognormvariate(5, 1), 3)} if rng.random() < 0.7 else {},
        }
        if rng.random() < INCOMPLETE:
            del order["payment"]
        return order


def events_of(order):
    """[(type, name, value)] that the rules make of it; None when they reject it."""
    events = []
    cents = order.get("payment", {}).get("cents")
    if order["_type"] == "order_placed":
        if cents is None:
            return None
        events += [("counter", "orders", 1), ("counter", "order_revenue", cents)]
        if "checkout" in order["timing"]:
            events.append(("timer", "order_checkout_ms", order["timing"]["checkout"]))
        events.append(("gauge", "order_basket", len(order["items"])))
    if order["status"] in ("paid", "shipped") and cents is not None and cents >= 5000 and not order["test"]:
        events += [("counter", "large_orders", 1), ("meter", "large_order_rate", 1)]
    return events


class CountedOrders:
    """What the topic's records must have become."""

    def __init__(self, records):
        """`records` as read_topic gives them."""
        self.records = records
        self.sent = []  # (partition, offset, order) of all that are JSON
        self.events = []  # a record for each event, as the input topic would have it
        self.rejected = {}  # (partition, offset) -> bytes
        self.ticks = {name: {} for name in GAUGES}
        self.without_events = 0
        baskets = {}
        for partition, offset, timestamp, value, _ in records:
            try:
                order = json.loads(value)
            except ValueError:
                self.rejected[(partition, offset)] = value
                continue
            self.sent.append((partition, offset, order))
            events = events_of(order)
            if events is None:
                self.rejected[(partition, offset)] = value
                continue
            self.without_events += not events
            for kind, name, number in events:
                event = {"type": kind, "name": name, "value": number, "ts": order["created_at"]}
                if name not in WITHOUT_COUNTRY:
                    country = order["customer"]["country"]
                    event["labels"] = {"country": country if country in KNOWN_COUNTRIES else "other"}
                self.events.append((partition, offset, timestamp, json.dumps(event).encode(), {}))
                self._add_to_tick(name, number, (order["created_at"], partition, offset), baskets)

    def _add_to_tick(self, name, number, place, baskets):
        """`baskets`: tick -> place of the last one."""
        ts = place[0]
        day = datetime.datetime.fromtimestamp(ts / 1000, BERLIN).date()
        if name == "orders":
            day -= datetime.timedelta(days=day.weekday())
        if name in ("orders", "order_revenue"):
            tick = str(midnight(day))
            self.ticks[name][tick] = self.ticks[name].get(tick, 0) + number
        elif name == "order_basket":
            tick = str(ts - ts % HOUR_MS)
            if tick not in baskets or place > baskets[tick]:
                baskets[tick] = place
                self.ticks[name][tick] = number

    def accounting(self):
        """Of the source."""
        return {
            "consumed": len(self.records),
            "applied": len(self.records) - len(self.rejected),
            "rejected": len(self.rejected),
            "events": len(self.events),
            "without_events": self.without_events,
        }

    def differences(self, http, answered):
        """(number of ticks compared, the differences) of what `http` serves. `answered`: told of each answer, (name, ticks)."""
        found = []
        compared = 0
        for name, expected in self.ticks.items():
            served = http.get_json("/gauges/" + name)[0][name]
            answered(name, served)
            wrong = {tick for tick in served.keys() | expected.keys() if served.get(tick) != expected.get(tick)}
            found += [f"{name} at {t}: {served.get(t)} instead of {expected.get(t)}" for t in sorted(wrong)]
            if list(served) != sorted(served, key=int):
                found.append(f"{name} is not sorted by tick")
            compared += len(expected)
        return compared, found
