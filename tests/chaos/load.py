"""Who sends events: two producers with the partitioners of librdkafka and of Java, and a client of ingest."""

import http.client
import json
import random
import threading
import time

import cbor2
import msgpack
from confluent_kafka import KafkaError, KafkaException, Producer
from deployment import Http
from events import TYPES, make_value

EVENTS_PER_SECOND = {"murmur2_random": 120, "consistent_random": 120}
INGEST_EVENTS_PER_SECOND = 60
SERIES_PER_TYPE = 60
MAX_AGE_MS = 30_000
# So often a record is not an event, and becomes a dead letter.
MALFORMED = 0.002
# So often one is a raw event, which is kept and not counted.
RAW = 0.05
# So often one on the topic is not JSON.
ENCODED = 0.3
ENCODERS = {"application/cbor": cbor2.dumps, "application/msgpack": msgpack.packb}
FLUSH_S = 120


class Sender(threading.Thread):
    """Sends until told to stop. Every event has an id of its own, and is sent once: only what certainly was not written is
    sent again. Read its results after `join`."""

    def __init__(self, name, seed, rate):
        super().__init__(name=name, daemon=True)
        self.rng = random.Random(seed)
        self.rate = rate
        self.written = {}  # id -> (partition, offset) of what was acknowledged; None where no offset was told
        self.not_written = set()
        self.unknown = set()
        self.sent = 0
        self.failure = None
        self._stop_now = threading.Event()

    def stop(self):
        self._stop_now.set()

    def run(self):
        started = time.monotonic()
        try:
            while not self._stop_now.is_set():
                ahead_s = self.sent / self.rate - (time.monotonic() - started)
                if ahead_s > 0:
                    self._stop_now.wait(ahead_s)
                    continue
                self.send(f"{self.name}-{self.sent}")
                self.sent += 1
            self.finish()
        except Exception as failure:
            self.failure = f"{self.name}: {failure!r}"

    def make_event(self, event_id):
        kind = self.rng.choice(TYPES)
        return {
            "id": event_id,
            "name": f"{kind}.{int(SERIES_PER_TYPE * self.rng.random() ** 2)}",
            "type": kind,
            "value": make_value(self.rng, kind),
            "ts": int(time.time() * 1000) - self.rng.randrange(0, MAX_AGE_MS),
            "labels": {"host": f"h{self.rng.randrange(3)}"},
        }

    def send(self, event_id):
        raise NotImplementedError

    def finish(self):
        pass


def has_lost_count(failure):
    """librdkafka may lose count of an idempotent producer's records when their broker is killed. The next call says so, once each of
    produce and of those that wait; what was on its way may be written or not."""
    return failure.args[0].fatal() or failure.args[0].code() == KafkaError._FATAL


class KafkaSender(Sender):
    """Straight to Kafka. Idempotent: the client itself may repeat a request without writing twice."""

    def __init__(self, broker, topic, partitioner, seed, rate, name=None):
        """`name`: by default the partitioner's."""
        super().__init__(name or partitioner, seed, rate)
        self.topic = topic
        self.settings = {
            "bootstrap.servers": broker,
            "partitioner": partitioner,
            "enable.idempotence": True,
            "linger.ms": 50,  # each request costs the broker much
            "topic.metadata.refresh.interval.ms": 2000,  # a topic that has grown is noticed
            "log_level": 2,
        }
        self.producer = Producer(self.settings)

    def send(self, event_id):
        event = self.make_event(event_id)
        if self.rng.random() < RAW:
            event.update(type="event", value=f"text {self.sent}")
        value, headers = self.encode(event)
        if self.rng.random() < MALFORMED:
            value = value[:-1]
        self.produce(event_id, value, event["name"], headers)

    def produce(self, event_id, value, key, headers=None):
        def delivered(error, message):
            if error:
                self.unknown.add(event_id)
            else:
                self.written[event_id] = (message.partition(), message.offset())

        try:
            self.producer.produce(self.topic, value, key=key, headers=headers or {}, on_delivery=delivered)
            self.producer.poll(0)
        except KafkaException as failure:
            if not has_lost_count(failure):
                raise
            self.producer.purge()  # it sends nothing more
            self.finish()
            self.producer = Producer(self.settings)

    def encode(self, event):
        if self.rng.random() >= ENCODED:
            return json.dumps(event), {}
        content_type = self.rng.choice(list(ENCODERS))
        return ENCODERS[content_type](event), {"content-type": content_type}

    def finish(self):
        try:
            left = self.producer.flush(FLUSH_S)
        except KafkaException as failure:
            if not has_lost_count(failure):
                raise
            self.producer.purge()
            left = self.producer.flush(FLUSH_S)
        assert left == 0, "not everything was delivered"


class IngestSender(Sender):
    """Over HTTP. What the answer says was not written is sent again, under its id."""

    def __init__(self, port, seed, rate):
        super().__init__("ingest", seed, rate)
        self.port = port
        self.http = Http(port, attempts=1)

    def send(self, event_id):
        event = self.make_event(event_id)
        body = json.dumps(event)
        while True:
            outcome = self.post(event_id, body)
            if outcome != "not written":
                return
            self.not_written.add(event_id)
            if self._stop_now.wait(0.1):
                return
            self.not_written.discard(event_id)

    def post(self, event_id, body):
        try:
            status, headers, answer = self.http.request("POST", "/ingest/metrics", body)
        except ConnectionRefusedError:
            return "not written"
        except (OSError, http.client.HTTPException):
            self.unknown.add(event_id)
            return "unknown"
        if status == 200:
            _, _, place = headers.get("x-odometer-offset", "").rpartition("/")
            self.written[event_id] = tuple(map(int, place.split("@"))) if place else None
            return "written"
        code = json.loads(answer)["error"]["code"]
        if status == 429 or code == "unavailable":
            return "not written"
        assert code in ("maybe_written", "timeout"), f"{event_id}: {status} {answer!r}"
        self.unknown.add(event_id)
        return "unknown"


class Load:
    def __init__(self, cluster, senders, seed):
        """`senders`: more of them."""
        broker, deployment = cluster.broker.address, cluster.deployment
        self.senders = [
            KafkaSender(broker, deployment.topic, partitioner, seed + number, rate)
            for number, (partitioner, rate) in enumerate(EVENTS_PER_SECOND.items())
        ]
        self.senders.append(IngestSender(deployment.ports["ingest"], seed + 100, INGEST_EVENTS_PER_SECOND))
        self.senders += senders

    def start(self):
        for sender in self.senders:
            sender.start()

    def stop(self):
        """Returns when all that was sent is acknowledged, or known not to be."""
        for sender in self.senders:
            sender.stop()
        for sender in self.senders:
            sender.join()

    def least_sent(self):
        return min(sender.sent for sender in self.senders)

    def failures(self):
        return [sender.failure for sender in self.senders if sender.failure]
