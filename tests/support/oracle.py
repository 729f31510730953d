"""What the answers must be: reads the input topic itself and aggregates it, plainly. Shares no code with Odometer."""

import json
import math
from collections import defaultdict
from dataclasses import dataclass, field

import cbor2
import msgpack
from confluent_kafka import Consumer, KafkaError, TopicPartition

DECODERS = {"application/json": json.loads, "application/cbor": cbor2.loads, "application/msgpack": msgpack.unpackb}


@dataclass
class Expected:
    """One series in one window. Values are exact."""

    values: list = field(default_factory=list)
    first_ts: int = 2**63
    last_key: tuple = (-(2**63), 0, 0)  # (ts, partition, offset)
    last: object = None

    def add(self, value, ts, partition, offset):
        self.values.append(value)
        self.first_ts = min(self.first_ts, ts)
        if (ts, partition, offset) > self.last_key:
            self.last_key, self.last = (ts, partition, offset), value

    @property
    def count(self):
        return len(self.values)

    @property
    def total(self):
        """To the bit of whole numbers; of fractions the nearest number."""
        whole = all(isinstance(value, int) for value in self.values)
        return sum(self.values) if whole else math.fsum(self.values)

    @property
    def magnitude(self):
        return math.fsum(abs(value) for value in self.values)

    @property
    def distinct(self):
        """Of a set: a whole number is the text of its digits."""
        return len({str(value) for value in self.values})

    @property
    def last_ts(self):
        return self.last_key[0]

    def quantiles(self, wanted):
        """Of each q the value at rank floor(q * (count - 1))."""
        ordered = sorted(self.values)
        return [ordered[math.floor(q * (len(ordered) - 1))] for q in wanted]


def read_topic(broker, topic, partitions):
    """Every committed record: (partition, offset, timestamp ms, value bytes, headers)."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": topic + "-oracle",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
        }
    )
    consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
    left = set(range(partitions))
    records = []
    while left:
        for message in consumer.consume(10_000, 1.0):
            if message.error():
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                left.discard(message.partition())
            else:
                headers = {name: text.decode() for name, text in message.headers() or []}
                records.append((message.partition(), message.offset(), message.timestamp()[1], message.value(), headers))
    consumer.close()
    return records


def decode(value, headers):
    """A record's event, by its content type; ValueError when it is none."""
    try:
        return DECODERS[headers.get("content-type", "application/json")](value)
    except EOFError as cut:  # of cbor2
        raise ValueError(str(cut)) from cut


def read_events(records, by_label=False):
    """[(partition, offset, ts, (type, level or None, name), value)]: what records say when all of them are events.

    `by_label`: those with labels once more, their key followed by a pair (label, value) of each.
    """
    events = []
    for partition, offset, timestamp, value, headers in records:
        event = decode(value, headers)
        key = (event.get("type", "counter"), event.get("level"), event["name"])
        ts, value = event.get("ts", timestamp), event.get("value", 1)
        events.append((partition, offset, ts, key, value))
        if by_label and event.get("labels"):
            events.append((partition, offset, ts, (*key, *sorted(event["labels"].items())), value))
    return events


def aggregate(events, size_ms, before=None):
    """{key: {window start: Expected}} of events as read_events gives them; size_ms 0: one window, at 0.

    `before`: only records below that offset of their partition.
    """
    series = defaultdict(lambda: defaultdict(Expected))
    for partition, offset, ts, key, value in events:
        if before is None or offset < before[partition]:
            window = ts - ts % size_ms if size_ms else 0
            series[key][window].add(value, ts, partition, offset)
    return series
