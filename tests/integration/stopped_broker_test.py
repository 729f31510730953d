#!/usr/bin/python3
# ctest: timeout=600
"""A broker of its own that falls silent, dies, and is another one: the processor stops in time when it is asked to, says
why it gets nowhere and exits for its supervisor, and counts everything exactly once when the broker is back."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from confluent_kafka import Producer
from deployment import STOP_WITHIN_S, Deployment, Http, require_environment, wait_for

BROKER = str(pathlib.Path(__file__).resolve().parents[1] / "support/broker.sh")
STUCK_S = 20


class Broker:
    """Started by tests/support/broker.sh in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.port = int(subprocess.check_output([BROKER, "free-port"]))
        self.start()

    def start(self):
        # A busy machine may need longer for it than the script waits.
        for last in (False, True):
            command = [BROKER, "start", str(self.port), self.folder]
            if subprocess.run(command, check=last, stdout=subprocess.DEVNULL).returncode == 0:
                return

    def stop(self):
        subprocess.run([BROKER, "stop", self.folder], check=False, stdout=subprocess.DEVNULL)

    def signal(self, number):
        with open(self.folder + "/run/broker.pid", encoding="utf-8") as file:
            os.kill(int(file.read().split()[0]), number)


def produce(deployment, count):
    producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 5})
    for i in range(count):
        producer.produce(deployment.topic, json.dumps({"name": f"c{i % 500}", "value": 1}), partition=i % 2)
        producer.poll(0)
    assert producer.flush(60) == 0


def check_counts(deployment, expected):
    deployment.wait_until_counted()
    ends = ",".join(f"{deployment.topic}/{p}@{end - 1}" for p, end in enumerate(deployment.ends()))
    accounting, _ = deployment.http("query").get_json("/api/v1/accounting", **{"min-offset": ends})
    assert accounting["balanced"] and accounting["consumed"] == accounting["applied"] == expected, accounting


def asked_to_stop(deployment, broker):
    """While its commits get no answer."""
    produce(deployment, 50_000)
    broker.signal(signal.SIGSTOP)
    deployment.processes["processor"].send_signal(signal.SIGTERM)
    code, took_s = deployment.ended("processor", STOP_WITHIN_S)
    broker.signal(signal.SIGCONT)
    print(f"asked to stop while the broker was silent: ended after {took_s:.1f} s with {code}")
    deployment.start("processor")


def stuck(deployment, broker):
    broker.stop()
    reasons = []

    def says_why():
        status, _, body = Http(deployment.ports["processor"]).get("/readyz")
        reasons[:] = json.loads(body).get("reasons", [])
        return status == 503 and reasons

    wait_for("a reason in /readyz", says_why, 60)
    code, took_s = deployment.ended("processor", 90)
    print(f"without a broker: not ready because of {reasons}, ended {took_s:.1f} s later with {code}")
    assert code == 1, code
    assert "no progress for" in deployment.log("processor")

    # Its supervisor starts it again, in vain, and that ends too.
    deployment.start("processor", wait_ready=False)
    code, _ = deployment.ended("processor", STUCK_S + 45)
    assert code == 1, code
    assert f"could not start within {STUCK_S}s" in deployment.log("processor")


def main():
    require_environment("ODOMETER_BINARY", "ODOMETER_TEST_BROKER")
    folder = tempfile.mkdtemp(prefix="odometer-broker-", dir=os.environ.get("ODOMETER_TEST_DIR"))
    broker = Broker(folder + "/1")
    os.environ["ODOMETER_TEST_BROKER"] = f"127.0.0.1:{broker.port}"
    try:
        settings = {"processor.stuck.timeout": f"{STUCK_S}s", "session.timeout": "6s", "query.min_offset.timeout": "15s"}
        with Deployment(partitions=2, settings=settings) as deployment:
            deployment.start("processor")
            deployment.start("query")
            asked_to_stop(deployment, broker)
            check_counts(deployment, 50_000)
            stuck(deployment, broker)
            broker.start()
            deployment.start("processor")
            produce(deployment, 1_000)
            check_counts(deployment, 51_000)
            deployment.processes["processor"].send_signal(signal.SIGINT)
            code, _ = deployment.ended("processor", STOP_WITHIN_S)
            assert code == 0, code
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
