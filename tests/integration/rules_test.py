#!/usr/bin/python3
# ctest: timeout=300
"""Rules on a real broker: topics of orders as a shop has them, counted through kill -9, other rules and other sources, and
compared with a computation of their own in Python."""

import asyncio
import json
import random
import shutil
import signal
import time

import websockets
from confluent_kafka import Producer
from deployment import Deployment, wait_for
from live_client import LiveClient

FIRST_RULES = """
sources: [{{topic: {orders}}}]
time: /meta/created_at
events:
  - on: order_placed
    labels: {{country: {{from: /customer/address/country, in: [de, at], else: other}}}}
    do:
      - incr: orders
      - incr: {{gauge: revenue, by: /payment/cents}}
      - observe: {{timer: checkout_ms, value: {{from: /timing/checkout, optional: true}}}}
      - set_value: {{gauge: last_basket, value: /items/length}}
  - match: {{/status: [paid, shipped]}}
    when: {{/payment/cents: {{ge: 5000}}, not: {{/meta/test: true}}}}
    do: [{{incr: large_orders}}]
"""
# The same, but revenue in euros, and no more baskets.
SECOND_RULES = """
sources: [{{topic: {orders}}}]
time: /meta/created_at
events:
  - on: order_placed
    do:
      - incr: orders
      - incr: {{counter: revenue, by: /payment/euros}}
"""


def make_order(number):
    rng = random.Random(number)
    order = {
        "_type": rng.choice(["order_placed", "order_placed", "order_changed"]),
        "id": f"o-{number}",
        "status": rng.choice(["new", "paid", "shipped"]),
        "meta": {"created_at": 1_700_000_000_000 + number * 250, "test": rng.random() < 0.2, "trace": ["a", {"b": None}]},
        "customer": {"address": {"country": rng.choice(["de", "at", "fr", None]), "lines": ["x" * rng.randrange(60)]}},
        "payment": {"cents": rng.randrange(10_000), "euros": f"{rng.randrange(100)}"},
        "items": [{"sku": str(i), "price": {"cents": i}} for i in range(rng.randrange(5))],
        "timing": {"checkout": rng.randrange(3_000)} if rng.random() < 0.7 else {},
    }
    if rng.random() < 0.05:
        del order["payment"]  # is rejected where its rules need one
    return order


class Counts:
    """What the rules say, written down once more in Python."""

    def __init__(self):
        self.counters = {}
        self.by_country = {}
        self.checkouts = []
        self.basket = None
        self.accounting = {"consumed": 0, "applied": 0, "rejected": 0, "events": 0, "without_events": 0}

    def add(self, order, version, place):
        self.accounting["consumed"] += 1
        placed = order["_type"] == "order_placed"
        if placed and "payment" not in order:
            self.accounting["rejected"] += 1
            return
        self.accounting["applied"] += 1
        events = self.first(order, placed, place) if version == 1 else self.second(order, placed)
        self.accounting["events"] += events
        self.accounting["without_events"] += events == 0

    def incr(self, name, by=1):
        self.counters[name] = self.counters.get(name, 0) + by

    def first(self, order, placed, place):
        events = 0
        if placed:
            country = order["customer"]["address"]["country"]
            country = country if country in ("de", "at") else "other"
            self.by_country[country] = self.by_country.get(country, 0) + 1
            self.incr("orders")
            self.incr("revenue", order["payment"]["cents"])
            at = (order["meta"]["created_at"], *place)
            if self.basket is None or at > self.basket[0]:
                self.basket = (at, len(order["items"]))
            events += 3
            if "checkout" in order["timing"]:
                self.checkouts.append(order["timing"]["checkout"])
                events += 1
        cents = order.get("payment", {}).get("cents")
        if order["status"] in ("paid", "shipped") and cents is not None and cents >= 5000 and not order["meta"]["test"]:
            self.incr("large_orders")
            events += 1
        return events

    def second(self, order, placed):
        if not placed:
            return 0
        self.incr("orders")
        self.incr("revenue", int(order["payment"]["euros"]))
        return 2


class Shop:
    """The producer of the orders' topic, which knows where each order went."""

    def __init__(self, deployment, topic, partitions):
        self.topic = topic
        self.partitions = partitions
        self.sent = {}  # (partition, offset) → order
        self.next = 0
        self.producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 5})

    def send(self, count):
        for _ in range(count):
            order = make_order(self.next)

            def acknowledged(error, message, order=order):
                assert error is None, error
                self.sent[message.partition(), message.offset()] = order

            partition = self.next % self.partitions
            self.producer.produce(self.topic, json.dumps(order), partition=partition, on_delivery=acknowledged)
            self.producer.poll(0)
            self.next += 1
        assert self.producer.flush(30) == 0


def use_rules(deployment):
    with open(deployment.config, encoding="utf-8") as file:
        config = json.load(file)
    config["rules.file"] = deployment.folder + "/rules.yaml"
    with open(deployment.config, "w", encoding="utf-8") as file:
        json.dump(config, file)


def write_rules(deployment, text, topic):
    with open(deployment.folder + "/rules.yaml", "w", encoding="utf-8") as file:
        file.write(text.format(orders=topic))


def source_of(deployment, topic):
    """None while the source is not there, or the state is between two processors."""
    status, _, body = deployment.http("query").get("/api/v1/accounting")
    sources = json.loads(body)["sources"] if status == 200 else []
    return next((source for source in sources if source["topic"] == topic), None)


def wait_until_source_counted(deployment, topic):
    ends = dict(enumerate(deployment.ends(topic)))

    def counted():
        source = source_of(deployment, topic)
        return source and {p["partition"]: p["next_offset"] for p in source["partitions"]} == ends

    wait_for(f"{topic} to be counted to {ends}", counted)


def hang_up(deployment):
    deployment.processes["processor"].send_signal(signal.SIGHUP)


def wait_for_log(deployment, text, process="processor"):
    wait_for(f"the log to say: {text}", lambda: text in deployment.log(process))


def counter(deployment, name, **query):
    values, _ = deployment.http("query").get_json("/read", key=name, type="counter", **query)
    return sum(value["value"] for value in values["values"])


def compare(deployment, shop, versions):
    """`versions`: the texts of the versions, oldest first, as check says them; from which offset on each of them counted is
    what the processor says."""
    source = source_of(deployment, shop.topic)
    histories = {p["partition"]: p["rules"] for p in source["partitions"]}
    expected = Counts()
    for (partition, offset), order in sorted(shop.sent.items()):
        version = next(rule["version"] for rule in reversed(histories[partition]) if rule["from_offset"] <= offset)
        expected.add(order, versions.index(version) + 1, (partition, offset))
    assert {key: source[key] for key in expected.accounting} == expected.accounting, source
    assert source["balanced"]
    for name, value in expected.counters.items():
        assert counter(deployment, name) == value, name
    for country, count in expected.by_country.items():
        assert counter(deployment, "orders", **{"label.country": country}) == count, country
    timer, _ = deployment.http("query").get_json("/read", key="checkout_ms", type="timer")
    assert timer["values"][0]["count"] == len(expected.checkouts) and timer["values"][0]["sum"] == sum(expected.checkouts)
    gauge, _ = deployment.http("query").get_json("/read", key="last_basket", type="gauge", period=86_400)
    assert gauge["values"][-1]["value"] == expected.basket[1], gauge
    letters = deployment.metric_sum("processor", "odometer_events_rejected_total")
    assert letters <= expected.accounting["rejected"]
    return expected


def version_of(deployment, topic):
    """That the first partition was counted by last."""
    source = source_of(deployment, topic)
    return source and source["partitions"][0]["rules"][-1]["version"]


def open_shop(deployment, topic, partitions):
    """Its orders are counted by the first rules."""
    use_rules(deployment)
    write_rules(deployment, FIRST_RULES, topic)
    deployment.create_topic(topic, partitions)
    shop = Shop(deployment, topic, partitions)
    deployment.start("processor")
    deployment.start("query")
    return shop


def test_counts_are_exact_through_kill_9_and_other_rules():
    with Deployment(partitions=2) as deployment:
        topic = deployment.name + ".orders"
        shop = open_shop(deployment, topic, 3)

        for _ in range(3):
            shop.send(400)
            time.sleep(0.2)
            shop.send(100)
            deployment.kill("processor")
            shop.send(100)
            deployment.start("processor")
        wait_until_source_counted(deployment, topic)
        first = version_of(deployment, topic)
        compare(deployment, shop, [first])

        # A mistake changes nothing, and is told.
        write_rules(deployment, FIRST_RULES.replace("incr: orders", "incrr: orders"), topic)
        hang_up(deployment)
        wait_for_log(deployment, 'rules.yaml:8:9: no word "incrr"')
        shop.send(300)
        wait_until_source_counted(deployment, topic)
        assert version_of(deployment, topic) == first

        # Other rules, while orders arrive; and the processor dies soon after.
        write_rules(deployment, SECOND_RULES, topic)
        shop.send(200)
        hang_up(deployment)

        def others_count():
            shop.send(20)
            return version_of(deployment, topic) not in (None, first)

        wait_for("the other rules to count", others_count)
        shop.send(200)
        deployment.kill("processor")
        shop.send(100)
        deployment.start("processor")
        wait_until_source_counted(deployment, topic)
        second = version_of(deployment, topic)
        expected = compare(deployment, shop, [first, second])

        # The state is gone: all comes from the changelogs.
        deployment.stop("query")
        deployment.stop("processor")
        shutil.rmtree(deployment.folder + "/state")
        deployment.start("processor")
        deployment.start("query")
        wait_until_source_counted(deployment, topic)
        again = compare(deployment, shop, [first, second])
        assert again.counters == expected.counters

        # Answers say what they cover, and what rules count can't be forgotten.
        _, headers = deployment.http("query").get_json("/read", key="orders", type="counter", require="complete")
        assert headers["x-odometer-partitions"] == "5/5", headers
        assert f"{topic}/0@" in headers["x-odometer-offsets"], headers
        status, _, body = deployment.http("query").request("DELETE", "/data/metrics/orders")
        assert status == 409 and b"counted_by_rules" in body, (status, body)


def test_sources_change_while_it_runs():
    with Deployment(partitions=1) as deployment:
        orders, clicks = deployment.name + ".orders", deployment.name + ".clicks"
        both = (
            "sources: [{{topic: {0}}}, {{topic: {1}}}]\n"
            "events: [{{topic: {1}, do: [{{incr: clicks}}]}}, {{topic: {0}, do: [{{incr: orders}}]}}]"
        )
        use_rules(deployment)
        write_rules(deployment, "sources: [{{topic: {orders}}}]\nevents: [{{do: [{{incr: orders}}]}}]", orders)
        deployment.create_topic(orders, 1)
        shop = Shop(deployment, orders, 1)
        deployment.start("processor")
        deployment.start("query")
        shop.send(10)
        wait_until_source_counted(deployment, orders)

        with open(deployment.folder + "/rules.yaml", "w", encoding="utf-8") as file:
            file.write(both.format(orders, clicks))
        hang_up(deployment)
        wait_for_log(deployment, f"topic {clicks} does not exist")
        wait_for("the processor to go on", lambda: deployment.ready("processor"))
        shop.send(10)
        wait_until_source_counted(deployment, orders)

        deployment.create_topic(clicks, 2)
        hang_up(deployment)
        site = Shop(deployment, clicks, 2)
        site.send(20)
        wait_for("clicks to be a source", lambda: source_of(deployment, clicks))
        wait_until_source_counted(deployment, clicks)
        shop.send(10)
        wait_until_source_counted(deployment, orders)
        assert (counter(deployment, "orders"), counter(deployment, "clicks")) == (30, 20)


async def follow_records(port, change, wanted):
    """Listens while `change` happens, until what it is told of the records is what `wanted` then says."""
    async with websockets.connect(f"ws://127.0.0.1:{port}/data/metrics/live", open_timeout=60) as client:
        await asyncio.get_running_loop().run_in_executor(None, change)
        expected, told = wanted(), {}
        while told != expected:
            record = json.loads(await asyncio.wait_for(client.recv(), 60))
            told[record["name"]] = record


def test_live_clients_are_told_what_sources_change():
    with Deployment(partitions=1) as deployment:
        topic = deployment.name + ".orders"
        shop = open_shop(deployment, topic, 2)
        port, http = deployment.ports["query"], deployment.http("query")

        def send():
            shop.send(100)
            wait_until_source_counted(deployment, topic)

        def records():
            return {record["name"]: record for record in http.get_json("/data/metrics")[0]}

        def follow_points(client, **query):
            wanted, _ = http.get_json("/read", type="points", period="1d", **query)
            assert wanted["values"], query
            while json.loads(client.next_event()[1]) != wanted:
                pass

        send()  # before anybody listens
        with LiveClient(port, "/live?metric=orders&period=1d&label.country=de") as points:
            points.next_event()  # the present day, in which nothing is
            asyncio.run(follow_records(port, send, records))
            follow_points(points, key="orders", **{"label.country": "de"})

        # Other rules: that client and what it was told of are gone, the next one is told what they count.
        write_rules(deployment, SECOND_RULES.replace("counter: revenue", "counter: euros"), topic)
        with LiveClient(port, "/live?metric=euros&period=1d") as points:
            points.next_event()
            for process in ("processor", "query"):
                deployment.processes[process].send_signal(signal.SIGHUP)
            wait_for_log(deployment, "was read anew", "query")
            wait_for("the processor to count by them", lambda: send() or "euros" in records())
            follow_points(points, key="euros")
        assert deployment.metric_sum("query", "odometer_live_changes_missed_total") == 0


if __name__ == "__main__":
    test_counts_are_exact_through_kill_9_and_other_rules()
    test_sources_change_while_it_runs()
    test_live_clients_are_told_what_sources_change()
