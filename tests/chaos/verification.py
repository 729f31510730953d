"""What must hold once all faults are over."""

import json
import time

from comparison import check_metrics, compare_everything, read_accounting
from confluent_kafka import Consumer, KafkaError, TopicPartition
from deployment import wait_for
from known_series import compare_known_series
from oracle import decode, read_topic
from orders import CountedOrders

SETTLE_S = 180


class Verification:
    """Every check adds to `differences`."""

    def __init__(self, cluster, load, definitions, orders, observer, journal):
        self.cluster = cluster
        self.deployment = cluster.deployment
        self.load = load
        self.definitions = definitions
        self.orders = orders
        self.observer = observer
        self.journal = journal
        self.differences = []
        self.compared = 0
        self.records = []  # all of the input topic
        self.events = []  # of these, the events: (partition, offset, event)
        self.good = []  # the records of those that are counted
        self.raw = []  # of raw events: (ts, timestamp, partition, offset, text)
        self.counted_orders = None
        self.readings = []  # (code, value, ts) of the events by which readings are counted

    def run(self):
        self.deployment.wait_until_counted(SETTLE_S)
        self.deployment.wait_until_counted(SETTLE_S, self.cluster.orders_topic)
        self.read_input()
        self.read_orders()
        self.check_what_was_sent([s for s in self.load.senders if s is not self.orders], self.records, self.events)
        self.check_what_was_sent([self.orders], self.counted_orders.records, self.counted_orders.sent)
        self.check_dead_letters()
        self.check_accounting("after the last fault")
        self.check_definitions("after the last fault")
        of_orders = [(partition, offset, json.loads(value)) for partition, offset, _, value, _ in self.counted_orders.events]
        self.differences += self.observer.differences(self.events, of_orders)
        self.journal.say(
            f"{len(self.observer.answers)} answers under fire compared with the topics as of their offsets, "
            f"{self.observer.unanswered} questions were not answered"
        )
        local = self.check_answers("from the local store")
        self.deployment.stop("processor")
        self.cluster.remove_state()
        mark = self.cluster.deployment.log_mark("processor")
        self.cluster.start("processor")
        opened = self.cluster.opened_tasks(mark)
        restored_anew = {place for place, full, records in opened if full and records > 0}
        expected = {f"{self.deployment.topic}/{partition}" for partition in range(self.cluster.partitions)}
        expected |= {f"{self.cluster.orders_topic}/{partition}" for partition, *_ in self.counted_orders.records}
        assert expected <= restored_anew, f"not everything was restored anew: {opened}"
        self.deployment.stop("ingest")
        self.cluster.start("ingest")
        self.check_definitions("restored from the changelogs")
        restored = self.check_answers("restored from the changelogs")
        self.check_accounting("after the restore")
        self.compare_stores(local, restored)

    def differ(self, what, found):
        self.differences += [f"{what}: {difference}" for difference in found]

    def read_input(self):
        self.records = read_topic(self.deployment.broker, self.deployment.topic, self.cluster.partitions)
        for record in self.records:
            partition, offset, timestamp, value, headers = record
            try:
                event = decode(value, headers)
            except ValueError:
                continue
            self.events.append((partition, offset, event))
            if "id" not in event:
                self.readings.append((event["name"], event["value"], event["ts"]))
            if event["type"] == "event":
                # What was no JSON is kept as what it was made.
                text = json.dumps(event, separators=(",", ":")) if "content-type" in headers else value.decode()
                self.raw.append((event["ts"], timestamp, partition, offset, text))
            else:
                self.good.append(record)
        self.raw.sort()
        encoded = sum("content-type" in headers for *_, headers in self.records)
        self.journal.say(
            f"{len(self.records)} records in the topic, {len(self.events)} of them events; {encoded} are in CBOR or MessagePack"
        )

    def read_orders(self):
        topic = self.cluster.orders_topic
        orders = read_topic(self.deployment.broker, topic, len(self.deployment.ends(topic)))
        self.counted_orders = CountedOrders(orders)
        self.journal.say(
            f"{len(orders)} orders, of which rules make {len(self.counted_orders.events)} events; "
            f"{len(self.counted_orders.rejected)} they reject"
        )

    def check_what_was_sent(self, senders, records, good):
        """What was acknowledged is in the topic, once and where it was said to be; what was not written is not. `records`: all
        of the topic; `good`: (partition, offset, event) of those that are events."""
        places = {}
        for partition, offset, event in good:
            if "id" not in event:
                continue
            if event["id"] in places:
                self.differ("sent", [f"{event['id']} is in the topic twice"])
            places[event["id"]] = (partition, offset)
        events = {(partition, offset) for partition, offset, _ in good}
        bad = {(partition, offset) for partition, offset, *_ in records} - events
        for sender in senders:
            for event_id, place in sender.written.items():
                if place in bad:
                    continue
                if event_id not in places or place not in (None, places[event_id]):
                    found = places.get(event_id)
                    self.differ("sent", [f"{event_id} was acknowledged at {place} and is at {found}"])
            self.differ("sent", [f"{i} was said not to be written" for i in sender.not_written if i in places])
        written, unknown = (sum(len(getattr(s, kind)) for s in senders) for kind in ("written", "unknown"))
        names = ", ".join(sender.name for sender in senders)
        self.journal.say(f"{written} of {names} were acknowledged, of {unknown} it is unknown")

    def check_dead_letters(self):
        """Each record that is no event is there once, as it was."""
        events, orders = self.deployment.topic, self.cluster.orders_topic
        expected = {(events, p, o): value for p, o, _, value, _ in self.records}
        for partition, offset, _ in self.events:
            del expected[(events, partition, offset)]
        expected |= {(orders, *place): value for place, value in self.counted_orders.rejected.items()}
        letters = read_letters(self.deployment, self.deployment.name + ".dead-letters")
        for place, value in letters:
            if expected.pop(place, None) != value:
                self.differ("dead letters", [f"{place} is not rejected, or a second time, or changed: {value[:80]!r}"])
        self.differ("dead letters", [f"{place} is missing" for place in expected])
        self.journal.say(f"{len(letters)} dead letters")

    def check_definitions(self, when):
        """As their client was answered, each reading counted once, each alert raised once."""
        client = self.definitions
        if client not in self.load.senders:
            return
        self.differ(f"definitions {when}", client.differences(self.deployment.ports["ingest"]))
        if sorted(self.readings) != sorted(client.counted):
            self.differ("readings", [f"{len(self.readings)} were counted instead of {len(client.counted)}, or others"])
        topic = self.deployment.name + ".alerts"
        records = read_topic(self.deployment.broker, topic, len(self.deployment.ends(topic)))
        alerts = [json.loads(value) for *_, value, _ in records]
        found = sorted((alert["code"], alert["reading"], alert["version"]) for alert in alerts)
        if found != sorted(client.alerts) or len({alert["id"] for alert in alerts}) != len(alerts):
            self.differ("alerts", [f"{len(found)} instead of {len(client.alerts)}, or others"])
        self.journal.say(
            f"{len(client.metrics)} definitions, {len(client.counted)} readings, {len(client.alerts)} alerts {when} compared "
            f"with what was answered; {client.repeats} requests were sent again"
        )

    def check_accounting(self, when):
        expected = {
            "consumed": len(self.records),
            "applied": len(self.events),
            "rejected": len(self.records) - len(self.events),
        }
        try:
            answer = read_accounting(self.deployment.http("query"), transactions=True)
            check_metrics(self.deployment.metrics("processor"))
        except AssertionError as unbalanced:
            self.differ(f"accounting {when}", [str(unbalanced)])
            return
        found = [f"{name} is {answer[name]} instead of {value}" for name, value in expected.items() if answer[name] != value]
        self.differ(f"accounting {when}", found)
        (source,) = answer["sources"]
        expected = self.counted_orders.accounting()
        found = [f"{name} is {source[name]} instead of {value}" for name, value in expected.items() if source[name] != value]
        self.differ(f"accounting of the orders {when}", found)

    def check_answers(self, what):
        """Every window of every tier and every total, as served, against the topic. Returns all answers."""
        answers = {}
        started = time.monotonic()
        wait_for("all partitions to be covered", self.complete, SETTLE_S, 0.2)

        def answered(query, values):
            # But for what depends on when it was asked.
            steady = [{name: value for name, value in item.items() if not name.endswith("_rate")} for item in values]
            answers[tuple(sorted(query.items()))] = steady

        records = self.good + self.counted_orders.events
        compared, found = compare_everything(self.deployment.ports["query"], records, answered)
        self.differ(what, found)
        ticks, found = self.counted_orders.differences(self.deployment.http("query"), answers.__setitem__)
        self.differ(f"orders {what}", found)
        of_sources = {self.cluster.orders_topic: self.counted_orders.events}
        known, found = compare_known_series(self.deployment.http("query"), self.good, of_sources)
        self.differ(f"series {what}", found)
        self.compared += compared + ticks + known
        self.check_raw_events(what)
        took_s = time.monotonic() - started
        self.journal.say(
            f"{compared} windows and totals, {ticks} ticks of orders, and the series of {known} names and partitions, {what} "
            f"compared with the topics in {took_s:.0f} s"
        )
        return answers

    def check_raw_events(self, what):
        """As they were sent, and in order."""
        status, _, answer = self.deployment.http("query").get("/v1/metrics")
        expected = "[" + ", ".join(text for *_, text in self.raw) + "]"
        if (status, answer.decode()) != (200, expected):
            found = f"{status}, {len(answer)} bytes instead of {len(expected)}"
            self.differ(f"raw events {what}", [found])
        self.journal.say(f"{len(self.raw)} raw events {what} compared with the topic")

    def complete(self):
        return self.deployment.http("query").get("/read", key="none", type="counter", require="complete")[0] == 200

    def compare_stores(self, local, restored):
        """To the bit: the changelogs hold the store's own values."""
        for question in local.keys() | restored.keys():
            if local.get(question) != restored.get(question):
                found = f"{question}: {str(local.get(question))[:200]} became {str(restored.get(question))[:200]}"
                self.differ("the local store and the changelogs", [found])


def read_letters(deployment, topic):
    """[((topic, partition, offset) that it had, value)] of each committed dead letter."""
    consumer = Consumer(
        {
            "bootstrap.servers": deployment.broker,
            "group.id": deployment.name + "-letters",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    left = set(range(len(deployment.ends(topic))))
    consumer.assign([TopicPartition(topic, partition, 0) for partition in left])
    letters = []
    while left:
        for message in consumer.consume(1000, 1.0):
            if message.error():
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                left.discard(message.partition())
                continue
            headers = dict(message.headers())
            place = (headers["odometer-topic"].decode(), int(headers["odometer-partition"]), int(headers["odometer-offset"]))
            letters.append((place, message.value()))
    consumer.close()
    return letters
