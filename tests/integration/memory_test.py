#!/usr/bin/python3
# ctest: timeout=900 heavy
"""A processor that catches up with far more series and windows than fit into its memory stays within memory.limit and a
tenth, and counts all of them.

ODOMETER_TEST_LONG=1: a million series."""

import os
import sys
import threading
import time

from confluent_kafka import Producer
from deployment import Deployment

LONG = bool(os.environ.get("ODOMETER_TEST_LONG"))
LIMIT_MIB = 512 if LONG else 224
SERIES = 1_000_000 if LONG else 150_000
EVENTS_PER_SERIES = 2
PARTITIONS = 4


def produce(deployment):
    producer = Producer({
        "bootstrap.servers": deployment.broker, "linger.ms": 50, "queue.buffering.max.messages": 1_000_000,
        "compression.type": "lz4",
    })
    start = int(time.time() * 1000) - 3_600_000
    for i in range(SERIES * EVENTS_PER_SERIES):
        # Each of them makes windows of its own in every tier; the second round finds the first one's on the disk.
        ts = start + i // SERIES * 1_000_000
        event = '{"name":"shop.checkout.requests.item-%07d","value":1,"ts":%d,"labels":{"country":"de"}}' % (i % SERIES, ts)
        producer.produce(deployment.topic, event, partition=i % PARTITIONS)
        if i % 10_000 == 0:
            producer.poll(0)
    assert producer.flush(300) == 0


def memory_mib(pid, what):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(what + ":"):
                return int(line.split()[1]) / 1024
    raise AssertionError(f"no {what}")


def watch(deployment, ended):
    """Prints now and then who has how much."""
    pid = deployment.processes["processor"].pid
    names = ("odometer_state_memory_bytes", "odometer_overlay_bytes", "odometer_series_memory_bytes")
    while not ended.wait(5):
        metrics = deployment.metrics("processor")
        shares = ", ".join(f"{name.split('_')[1]} {metrics.get(name, 0) / 2**20:.0f}" for name in names)
        print(f"{memory_mib(pid, 'VmRSS'):.0f} MiB: {shares}")


def main():
    settings = {"memory.limit": f"{LIMIT_MIB}MiB", "limits.series.per.org": SERIES, "query.min_offset.timeout": "15s"}
    with Deployment(partitions=PARTITIONS, settings=settings) as deployment:
        produce(deployment)
        deployment.start("processor")
        pid = deployment.processes["processor"].pid
        ended = threading.Event()
        watcher = threading.Thread(target=watch, args=(deployment, ended))
        watcher.start()
        try:
            deployment.wait_until_counted(800)
        finally:
            ended.set()
            watcher.join()
        peak = memory_mib(pid, "VmHWM")
        deployment.start("query")
        ends = ",".join(f"{deployment.topic}/{p}@{end - 1}" for p, end in enumerate(deployment.ends()))
        accounting, _ = deployment.http("query").get_json("/api/v1/accounting", **{"min-offset": ends})
        assert accounting["applied"] == SERIES * EVENTS_PER_SERIES and accounting["balanced"], accounting
        deployment.expect_metric("processor", "odometer_series", SERIES)
        stored = deployment.metric_sum("processor", "odometer_state_disk_bytes") / 2**20
        print(f"{SERIES} series, {stored:.0f} MiB on disk: at most {peak:.0f} MiB of a limit of {LIMIT_MIB}")
        assert peak <= 1.1 * LIMIT_MIB, f"{peak:.0f} MiB"
    return 0


if __name__ == "__main__":
    sys.exit(main())
