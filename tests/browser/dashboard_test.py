#!/usr/bin/python3
"""The dashboard in a real Chromium, against real processes and a real broker: runs the *.test.mjs beside it, with a
server that asks nobody for a token and one that does. Its argument is the folder that npm has prepared."""

import os
import subprocess
import sys
import time

from confluent_kafka import Producer
from deployment import Deployment, free_port, wait_for

TOKEN, WRITE_TOKEN = "dashboard-2f1c9a7be004", "dashboard-write-77aa01c3d9f2"
MINUTES = 7 * 24 * 60
# The gauges' ticks are periods of a metric's page, and what is posted to /events is a source's record.
RULES = """
sources: [{topic: %s, post: true}]
time: /_time
gauges:
  revenue: {tick: 1mo, timezone: America/New_York}
  baskets: {tick: 1w, timezone: America/North_Dakota/New_Salem}
events:
  - on: order_placed
    do: [{incr: {gauge: revenue, by: /amount}}]
  - on: basket_filled
    do: [{incr: {gauge: baskets}}, {incr: fillings}]
"""


def serve(deployment, rules=None):
    deployment.ports["serve"] = deployment.port
    arguments = []
    if rules:
        topic, file = deployment.name + ".orders", deployment.folder + "/rules.yaml"
        deployment.create_topic(topic, 2)
        with open(file, "w", encoding="utf-8") as out:
            out.write(rules % topic)
        arguments = ["--set", f"rules.file={file}"]
    for process in ("processor", "serve"):
        deployment.start(process, *arguments, timeout_s=180)
    return f"http://127.0.0.1:{deployment.port}"


def make_deployment(settings=None):
    port = free_port()
    deployment = Deployment(settings={"serve.listen": f"127.0.0.1:{port}", **(settings or {})})
    deployment.port = port
    return deployment


def seed(deployment):
    """A counter with an event in each minute of seven days, and a record that is no event."""
    producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 20})
    now_ms = int(time.time()) * 1000
    for minute in range(MINUTES, -1, -1):
        event = f'{{"name":"minutes","value":1,"ts":{now_ms - minute * 60_000}}}'
        producer.produce(deployment.topic, event, key="minutes")
        producer.poll(0)
    producer.produce(deployment.topic, "no event")
    assert producer.flush(60) == 0
    deployment.wait_until_counted()


def main():
    prepared = sys.argv[1]
    tokens = {TOKEN: "acme", WRITE_TOKEN: {"org": "acme", "scope": "write"}}
    with make_deployment() as deployment, make_deployment({"auth": {"tokens": tokens}}) as tenants:
        environment = {
            **os.environ, "ODOMETER_TEST_URL": serve(deployment, RULES), "ODOMETER_TEST_TOKEN_URL": serve(tenants),
            "ODOMETER_TEST_TOKEN": TOKEN, "ODOMETER_TEST_WRITE_TOKEN": WRITE_TOKEN}
        seed(deployment)
        wait_for("the tenants' first commit", lambda: tenants.ready("processor"))
        done = subprocess.run(["node", "--test-reporter=spec", prepared + "/dist/all.mjs"], env=environment, check=False)
        assert done.returncode == 0, "the dashboard does not do what it should"


if __name__ == "__main__":
    main()
