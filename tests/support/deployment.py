"""A deployment of Odometer of a test's own: its processes, on a real broker, in a folder that goes with it."""

import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SKIPPED = 77  # what ctest takes for "skipped"
STOP_WITHIN_S = 20  # promised of every process


def require_environment(*names):
    """The values of these environment variables; ends the test as skipped when one is missing."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        print(f"skipped: {', '.join(missing)} not set; tests/run sets them")
        sys.exit(SKIPPED)
    return [os.environ[name] for name in names]


_given_ports = set()


def free_port():
    """Another one at each call. Below the range that the kernel gives to outgoing connections: it stays free while its process is
    dead."""
    while True:
        port = random.randrange(10_000, 20_000)
        if port in _given_ports:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                _given_ports.add(port)
                return port
            except OSError:
                continue


def wait_for(what, condition, timeout_s=60, interval_s=0.05):
    """Returns the first true value of condition(); fails the test, naming `what`, after timeout_s."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(interval_s)


class Http:
    """One kept-open connection. Not thread-safe."""

    def __init__(self, port, attempts=2):
        self.port = port
        self.attempts = attempts
        self.connection = None

    def request(self, method, target, body=None, headers=None):
        """(status, headers with lower-case names, body bytes). Connects again when the connection has gone, as often as
        `attempts` allows: 1 for what must not be sent twice."""
        for attempt in range(1, self.attempts + 1):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                self.connection.request(method, target, body, headers or {})
                response = self.connection.getresponse()
                return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt == self.attempts:
                    raise

    def get(self, target, **query):
        if query:
            target += "?" + urllib.parse.urlencode(query)
        return self.request("GET", target)

    def get_json(self, target, **query):
        status, headers, body = self.get(target, **query)
        assert status == 200, f"{target} {query}: {status} {body[:300]!r}"
        return json.loads(body), headers


def end_of(process, within_s):
    """Its exit code; None for one that did not end in time, and was killed."""
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


class Deployment:
    """Use as a context manager: stops its processes and removes its folder; keeps the logs' tail when a test failed."""

    def __init__(self, partitions=4, settings=None, broker=None):
        """`broker`: an address; without it that of ODOMETER_TEST_BROKER."""
        (self.binary,) = require_environment("ODOMETER_BINARY")
        (self.broker,) = [broker] if broker else require_environment("ODOMETER_TEST_BROKER")
        self.folder = tempfile.mkdtemp(prefix="odometer-", dir=os.environ.get("ODOMETER_TEST_DIR"))
        self.name = "t" + os.path.basename(self.folder).replace("_", "").replace("odometer-", "")
        self.topic = self.name + ".events"
        self.partitions = partitions
        self.ports = {name: free_port() for name in ("processor", "ingest", "query", "webhook")}
        self.processes = {}
        config = {
            "application": self.name,
            "instance.id": self.name + "-1",
            "state.dir": self.folder + "/state",
            "topics": {
                "events": self.topic,
                "dead_letters": self.name + ".dead-letters",
                **{topic: f"{self.name}.{topic}" for topic in ("commands", "outcomes", "alerts")},
            },
            "kafka": {"bootstrap.servers": self.broker},
            "processor.listen": f"127.0.0.1:{self.ports['processor']}",
            "ingest.listen": f"127.0.0.1:{self.ports['ingest']}",
            "query.listen": f"127.0.0.1:{self.ports['query']}",
            "webhook.listen": f"127.0.0.1:{self.ports['webhook']}",
        }
        config.update(settings or {})
        self.config = self.folder + "/odometer.yaml"
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML

    def __enter__(self):
        self.create_topic(self.topic, self.partitions)
        return self

    def __exit__(self, kind, value, traceback):
        for name in list(self.processes):
            self.stop(name, check=kind is None)
        if kind is not None:
            for name in self.ports:
                self.print_log(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_topic(self, topic, partitions):
        admin = AdminClient({"bootstrap.servers": self.broker})
        new = NewTopic(topic, partitions, 1, config={"message.timestamp.type": "LogAppendTime"})
        admin.create_topics([new])[topic].result(30)

        def known():
            found = admin.list_topics(timeout=30).topics.get(topic)
            return found is not None and found.error is None and len(found.partitions) == partitions

        wait_for(f"the broker to know topic {topic}", known)

    def start(self, name, *arguments, command=None, wait_ready=True, timeout_s=60):
        """Starts `odometer <command>`, by default the name, and waits until it says that it is ready."""
        log = open(self.log_path(name), "ab")
        command = [self.binary, command or name, "--config", self.config, *arguments]
        # Ours would be taken for settings.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("ODOMETER_")}
        self.processes[name] = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, start_new_session=True
        )
        log.close()
        if wait_ready:
            wait_for(f"{name} to be ready", lambda: self.ready(name), timeout_s)

    def ready(self, name):
        process = self.processes[name]
        assert process.poll() is None, f"{name} has ended with {process.returncode}"
        try:
            status, _, _ = Http(self.ports[name]).get("/readyz")
            return status == 200
        except OSError:
            return False

    def kill(self, name):
        """kill -9"""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self, name, check=True):
        """SIGTERM; must end by itself, with success unless not to `check`. Returns its exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        code = end_of(process, 30)
        if code is None:
            code = "not stopped after 30 s"
        assert not check or code == 0, f"{name}: {code}"
        return code

    def ended(self, name, within_s):
        """After it was asked to stop, or is expected to by itself: the exit code, and how long that took."""
        process = self.processes.pop(name)
        started = time.monotonic()
        code = end_of(process, within_s)
        assert code is not None, f"{name} has not ended within {within_s} s"
        return code, time.monotonic() - started

    def http(self, name):
        return Http(self.ports[name])

    def metrics(self, name):
        """{'name{label="x"}': value} of the process's /metrics."""
        _, _, body = self.http(name).get("/metrics")
        lines = [line for line in body.decode().splitlines() if line and not line.startswith("#")]
        return {key: float(value) for key, value in (line.rsplit(" ", 1) for line in lines)}

    def metric_sum(self, name, prefix):
        return sum(value for key, value in self.metrics(name).items() if re.match(prefix + r"(\{|$)", key))

    def expect_metric(self, name, prefix, expected):
        """The sum of these series; of a commit a process tells only a moment after the broker has it."""
        try:
            wait_for(f"{prefix} of {name}", lambda: self.metric_sum(name, prefix) == expected, 20)
        except AssertionError as late:
            raise AssertionError(f"{late} to be {expected}: it is {self.metric_sum(name, prefix)}") from late

    def ends(self, topic=None):
        """The end offset of each partition."""
        consumer = Consumer({"bootstrap.servers": self.broker, "group.id": self.name + "-ends"})
        try:
            topic = topic or self.topic
            count = len(consumer.list_topics(topic, 30).topics[topic].partitions)
            return [consumer.get_watermark_offsets(TopicPartition(topic, p), 30)[1] for p in range(count)]
        finally:
            consumer.close()

    def committed(self, topic=None):
        """The processor's committed offset of each partition, by default of the input topic; 0 where there is none."""
        consumer = Consumer({"bootstrap.servers": self.broker, "group.id": self.name})
        try:
            wanted = [TopicPartition(topic or self.topic, p) for p in range(len(self.ends(topic)))]
            return [max(0, found.offset) for found in consumer.committed(wanted, 30)]
        except KafkaException:
            return None  # while the group changes
        finally:
            consumer.close()

    def wait_until_counted(self, timeout_s=120, topic=None):
        """Until the committed offsets have reached the ends of the topic, by default the input topic."""
        ends = self.ends(topic)

        def counted():
            committed = self.committed(topic)
            return committed is not None and all(c >= e for c, e in zip(committed, ends))

        try:
            wait_for(f"offsets {ends} to be committed", counted, timeout_s, 0.2)
        except AssertionError as late:
            raise AssertionError(f"{late}: committed are {self.committed(topic)}") from late

    def log_path(self, name):
        return f"{self.folder}/{name}.log"

    def log_mark(self, name):
        """Where its log ends now."""
        path = self.log_path(name)
        return os.path.getsize(path) if os.path.exists(path) else 0

    def log(self, name, since=0):
        """Its text, `since` a mark."""
        with open(self.log_path(name), "rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace")

    def print_log(self, name, lines=40):
        if os.path.exists(self.log_path(name)):
            tail = self.log(name).splitlines(keepends=True)[-lines:]
            print(f"--- the end of {name}'s log\n{''.join(tail)}", end="")
