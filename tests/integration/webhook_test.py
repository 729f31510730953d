#!/usr/bin/python3
# ctest: timeout=240
"""`odometer webhook` on a real broker, with receivers that fail at first, are slow, or are not there: every alert arrives at
least once, signed, under the same id each time, in its org's order, though the process is killed with -9 amid deliveries; an
address that is not public is refused; and no log tells a URL or the secret. The example handler reads the same topic."""

import collections
import http.server
import json
import pathlib
import signal
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from deployment import Deployment, free_port, wait_for

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))
from webhook_receiver import is_genuine  # noqa: E402

SECRET = "0123456789abcdef0123456789abcdef"
PARTITIONS = 2
ALERTS = 300  # of each org
TIMEOUT_S = 0.5


class Receiver:
    """What one org's endpoint has received. `fails` says how many of the first requests get a 500."""

    def __init__(self, fails=0, slow=0):
        self.fails = fails
        self.slow = slow
        self.delivered = []  # ids, with repetitions
        self.bodies = {}
        self.requests = 0
        self.lock = threading.Lock()

    def take(self, alert_id, body):
        """The status to answer with, and after how many seconds."""
        with self.lock:
            self.requests += 1
            assert self.bodies.setdefault(alert_id, body) == body, "one id, two alerts"
            if self.requests <= self.fails:
                return 500, 0
            if self.requests <= self.fails + self.slow:
                return 204, 4 * TIMEOUT_S
            self.delivered.append(alert_id)
            return 204, 0


class Server:
    def __init__(self, port, receivers):
        self.forged = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not is_genuine(self.headers, body, SECRET) or self.headers["Content-Type"] != "application/json":
                    outer.forged.append(dict(self.headers))
                status, delay = receivers[self.path.split("/")[1]].take(self.headers["Odometer-Alert-Id"], body)
                time.sleep(delay)
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass  # it waited no longer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def produce(deployment, topic, orgs, numbers):
    producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 5})
    for number in numbers:
        for place, org in enumerate(orgs):
            alert = {"id": f"{place}-{number}", "org": org, "code": "TEMP", "reading": number, "min_reading": 0}
            producer.produce(topic, json.dumps(alert), key=f"{org}/TEMP", partition=place % PARTITIONS)
            producer.poll(0)
    assert producer.flush(30) == 0


def first_deliveries(receiver):
    return list(dict.fromkeys(receiver.delivered))


def deliver_through_kills(deployment, topic, receivers, late_port):
    """Kills the process again and again until the orgs that can be reached have everything; then "late" comes up."""
    orgs = list(receivers)
    expected = {org: [f"{place}-{number}" for number in range(ALERTS)] for place, org in enumerate(orgs)}
    produce(deployment, topic, orgs, range(ALERTS // 2))
    deployment.start("webhook")
    kills = 0
    for number in range(ALERTS // 2, ALERTS, 30):
        produce(deployment, topic, orgs, range(number, number + 30))
        before = sum(receiver.requests for receiver in receivers.values())
        wait_for("deliveries", lambda: sum(receiver.requests for receiver in receivers.values()) > before)
        deployment.kill("webhook")
        kills += 1
        deployment.start("webhook", wait_ready=False)
    reachable = [org for org in orgs if org != "late"]
    for org in reachable:
        wait_for(f"{org}'s alerts", lambda org=org: len(set(receivers[org].delivered)) == ALERTS, 90)
    assert not receivers["late"].delivered
    wait_for("attempts that fail", lambda: deployment.metrics("webhook")[
        'odometer_webhook_attempts_total{outcome="connection"}'] > 0)
    late = Server(late_port, receivers)
    wait_for("late's alerts", lambda: len(set(receivers["late"].delivered)) == ALERTS, 90)
    for org in orgs:
        assert first_deliveries(receivers[org]) == expected[org], f"{org}'s order"
        assert all(json.loads(body)["org"] == org for body in receivers[org].bodies.values())
    repeated = {org: len(receivers[org].delivered) - ALERTS for org in orgs}
    print(f"{kills} kills, delivered again: {repeated}")
    assert not late.forged, late.forged[0]
    late.close()


def committed(deployment, topic):
    consumer = Consumer({"bootstrap.servers": deployment.broker, "group.id": deployment.name + "-webhook"})
    try:
        return [found.offset for found in consumer.committed([TopicPartition(topic, p) for p in range(PARTITIONS)], 30)]
    finally:
        consumer.close()


def refuse_private_addresses(deployment, topic, receivers):
    """Without alerts.webhook.private; as localhost, which is only known to be private once it is resolved."""
    before = sum(receiver.requests for receiver in receivers.values())
    produce(deployment, topic, ["good"], range(ALERTS, ALERTS + 1))
    deployment.start("webhook", "--set", "alerts.webhook.private=false")
    wait_for("refusals", lambda: deployment.metrics("webhook")[
        'odometer_webhook_attempts_total{outcome="address"}'] >= 2)
    assert deployment.metrics("webhook")['odometer_webhook_failing_orgs'] == 1
    assert deployment.stop("webhook") == 0
    assert sum(receiver.requests for receiver in receivers.values()) == before


def run_example_handler(deployment, topic, orgs):
    """The example's consumer handles all alerts of an org, in order."""
    handler = subprocess.Popen(
        [sys.executable, str(EXAMPLES / "alert_handler.py"), "--bootstrap", deployment.broker, "--topic", topic,
         "--group", deployment.name + "-handler", "--org", orgs[0]], stdout=subprocess.PIPE, text=True)
    try:
        alerts = [json.loads(handler.stdout.readline()) for _ in range(ALERTS)]
        assert [alert["id"] for alert in alerts] == [f"0-{number}" for number in range(ALERTS)]
        assert {alert["org"] for alert in alerts} == {orgs[0]}
        handler.send_signal(signal.SIGTERM)
        assert handler.wait(30) == 0
    finally:
        handler.kill()
        handler.wait()
        handler.stdout.close()


def check_configuration(deployment):
    def run(*sets):
        flags = [flag for item in sets for flag in ("--set", item)]
        done = subprocess.run([deployment.binary, "webhook", "--config", deployment.config, *flags], text=True,
                              capture_output=True, timeout=30, env={"PATH": "/usr/bin:/bin"})
        assert done.returncode == 2, done
        assert SECRET not in done.stderr and "s3cret" not in done.stderr, done.stderr
        return done.stderr

    assert "the host of entry 1, localhost, is not in alerts.webhook.hosts" in run("alerts.webhook.hosts=example.com")
    assert "alerts.webhooks needs alerts.webhook.secret" in run("alerts.webhook.secret=")
    assert "alerts.webhooks is empty" in run("alerts.webhooks={}")
    assert "entry 1: its URL must be http or https" in run('alerts.webhooks={"a":"file:///s3cret"}')


def main():
    port, late_port = free_port(), free_port()
    receivers = collections.OrderedDict(
        good=Receiver(), flaky=Receiver(fails=3), slow=Receiver(slow=2), late=Receiver())
    orgs = list(receivers)
    settings = {
        "alerts.webhooks": {org: f"http://localhost:{late_port if org == 'late' else port}/{org}/s3cret" for org in orgs},
        "alerts.webhook.hosts": ["localhost"],
        "alerts.webhook.secret": SECRET,
        "alerts.webhook.timeout": f"{int(TIMEOUT_S * 1000)}ms",
        "alerts.webhook.private": True,
        "session.timeout": "6s",
    }
    server = Server(port, receivers)
    with Deployment(settings=settings) as deployment:
        topic = deployment.name + ".alerts"
        check_configuration(deployment)
        deployment.create_topic(topic, PARTITIONS)
        deliver_through_kills(deployment, topic, receivers, late_port)
        assert not server.forged, server.forged[0]
        assert receivers["flaky"].requests >= ALERTS + 3 and receivers["slow"].requests >= ALERTS + 2
        assert deployment.stop("webhook") == 0
        assert committed(deployment, topic) == deployment.ends(topic), "all is delivered"
        run_example_handler(deployment, topic, orgs)
        refuse_private_addresses(deployment, topic, receivers)
        text = deployment.log("webhook")
        assert "trying again in" in text and "s3cret" not in text and SECRET not in text
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
