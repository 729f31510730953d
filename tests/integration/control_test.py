#!/usr/bin/python3
# ctest: timeout=300
"""`odometer start`, `stop`, `restart`, `status` and `logs`, on a real broker: never two processes of a name, never a
signal to another process, counts exact through all of it, and a reason for whatever fails."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from confluent_kafka import Producer
from control import NOT_RUNNING, Control
from deployment import Deployment, require_environment, wait_for

SERVICES = ("processor", "query", "ingest")


class Load:
    """Events written to the input topic from a thread, until it is told to end."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.written = 0
        self.going = False
        self.thread = None

    def write(self, producer, count):
        for i in range(count):
            producer.produce(self.deployment.topic, json.dumps({"name": f"c{i % 50}", "value": 1}), partition=i % 4)
        assert producer.flush(60) == 0
        self.written += count

    def run(self):
        producer = Producer({"bootstrap.servers": self.deployment.broker})
        while self.going:
            self.write(producer, 1_000)
            time.sleep(0.05)

    def __enter__(self):
        self.going = True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()


def check_counts(deployment, load):
    deployment.wait_until_counted()
    ends = ",".join(f"{deployment.topic}/{p}@{end - 1}" for p, end in enumerate(deployment.ends()))
    query = deployment.http("query")
    accounting, _ = query.get_json("/api/v1/accounting", **{"min-offset": ends})
    assert accounting["balanced"] and accounting["consumed"] == accounting["applied"] == load.written, accounting
    total = 0
    for i in range(50):
        answer, _ = query.get_json("/read", key=f"c{i}", type="counter")
        total += answer["values"][0]["value"]
    assert total == load.written, f"{total} instead of {load.written}"
    print(f"all of {load.written} events are counted once")


def mistakes_are_told(control):
    running = {name: report["running"] for name, report in control.status(NOT_RUNNING).items()}
    assert running == dict.fromkeys(SERVICES, False), running
    output = control("start", "--set", "commit.intervall=1s", code=2)
    assert "no option commit.intervall; the nearest is commit.interval" in output
    # What only the process itself finds out.
    output = control("start", "query", "--set", "query.listen=0.0.0.0:0", code=2)
    assert "ended before it was ready, with exit code 2" in output and "set auth.tokens" in output
    # Another listener, which even says that it is ready, is not taken for the process.
    port = control.deployment.ports["ingest"]
    with socket.create_server(("127.0.0.1", port)) as other:
        def answer():
            try:
                while True:
                    other.accept()[0].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            except OSError:
                return

        threading.Thread(target=answer, daemon=True).start()
        output = control("start", "ingest", code=1)
        assert "ended before it was ready, with exit code 1" in output and str(port) in output
        other.shutdown(socket.SHUT_RDWR)
    assert not control.processes()


def not_ready_in_time(control):
    elsewhere = ["--set", f"state.dir={control.deployment.folder}/elsewhere"]
    without_broker = ["--set", "kafka.bootstrap.servers=127.0.0.1:1", "--timeout", "6s"]
    output = control("start", "processor", *elsewhere, *without_broker, code=1)
    assert "not ready after 5 s: " in output and "not ready within 6 s, and left running: " in output, output
    assert len(control.processes()) == 1
    assert "not ready, running since" in control("status", "processor", *elsewhere, code=1)
    control("stop", *elsewhere)
    assert not control.processes()


def started_at_once(control):
    """Two that start all at the same time: one process of each."""
    starts = [control.begin("start") for _ in range(2)]
    outputs = [start.communicate(timeout=120)[0] for start in starts]
    print(*outputs, sep="--\n")
    assert [start.returncode for start in starts] == [0, 0]
    assert control.processes() == sorted((name, control.pid(name)) for name in SERVICES), control.processes()
    both = "".join(outputs)
    for name in SERVICES:
        assert both.count(f"{name}: started, pid ") == both.count(f"{name}: runs already, pid ") == 1
        assert both.count(f"{name}: ready after ") == 2
    status = control.status()
    for name in SERVICES:
        assert status[name]["ready"] and status[name]["pid"] == control.pid(name)
        assert status[name]["address"] == f"127.0.0.1:{control.deployment.ports[name]}"
        assert abs(status[name]["started_ms"] / 1000 - time.time()) < 120
    assert "lag_records" not in status["query"]
    # A processor tells its lag a little after it is ready.
    wait_for("the lag", lambda: control.status()["processor"].get("lag_records") == 0)
    assert ", 0 records behind" in control("status")


def restart_under_load(control, load):
    before = dict(control.processes())
    with load:
        control("restart")
        control("restart", "processor")
    after = dict(control.processes())
    assert len(control.processes()) == 3 and not set(before.values()) & set(after.values())
    check_counts(control.deployment, load)


def killed(control, load):
    with load:
        pid = control.pid("processor")
        os.kill(pid, signal.SIGKILL)
        wait_for("the processor to be gone", lambda: pid not in dict(control.processes()).values())
        report = control.status(NOT_RUNNING)["processor"]
        assert not report["running"] and f"pid {pid} has ended" in report["reasons"][0]
        output = control("start")
        assert f"processor: pid {pid} has ended without `odometer stop`" in output and "query: runs already" in output
    check_counts(control.deployment, load)


def pid_of_another(control):
    """A pid file that names a process which lives, but is another one."""
    with open(control.pid_file("ingest"), encoding="utf-8") as file:
        _, ticks, boot = file.read().split()
    control("stop", "ingest")
    with subprocess.Popen(["sleep", "600"]) as other:
        for ticks_told, boot_told in ((ticks, boot), (str(int(ticks) + 1), "another-boot")):
            with open(control.pid_file("ingest"), "w", encoding="utf-8") as file:
                file.write(f"{other.pid} {ticks_told} {boot_told}\n")
            assert "ingest: not running" in control("stop", "ingest")
            assert not os.path.exists(control.pid_file("ingest"))
            with open(control.pid_file("ingest"), "w", encoding="utf-8") as file:
                file.write(f"{other.pid} {ticks_told} {boot_told}\n")
            assert not control.status(NOT_RUNNING)["ingest"]["running"]
            control("start", "ingest")
            control("restart", "ingest")
            control("stop", "ingest")
        assert other.poll() is None, "a process that is none of ours was signalled"
        other.kill()
    control("start", "ingest")


def logs_are_followed(control):
    assert len(control("logs", "processor", "-n", "3").splitlines()) == 3
    assert control("logs").count("==> ") == 3
    follower = control.begin("logs", "ingest", "-n", "0", "-f")
    # Not before it follows.
    wait_for("tail to run", lambda: os.path.basename(os.readlink(f"/proc/{follower.pid}/exe")) != "odometer")
    time.sleep(0.5)
    control("restart", "ingest")
    line = follower.stdout.readline()
    assert "SIGTERM" in line, line
    follower.kill()
    follower.communicate()


def stopped(control, load):
    load.write(Producer({"bootstrap.servers": control.deployment.broker}), 20_000)
    output = control("stop")
    for name in SERVICES:
        assert f"{name}: stopped, pid " in output
        assert not os.path.exists(control.pid_file(name))
        with open(f"{control.run_dir}/{name}.log", encoding="utf-8") as log:
            assert log.read().splitlines()[-1].endswith("stopped"), name
    assert not control.processes()
    control.status(NOT_RUNNING)
    assert control("stop").count(": not running\n") == 3
    control("start", "processor", "query")
    check_counts(control.deployment, load)


def main():
    require_environment("ODOMETER_BINARY", "ODOMETER_TEST_BROKER")
    with Deployment(partitions=4) as deployment:
        control = Control(deployment)
        load = Load(deployment)
        with control:
            mistakes_are_told(control)
            not_ready_in_time(control)
            started_at_once(control)
            restart_under_load(control, load)
            killed(control, load)
            pid_of_another(control)
            logs_are_followed(control)
            stopped(control, load)
    return 0


if __name__ == "__main__":
    sys.exit(main())
