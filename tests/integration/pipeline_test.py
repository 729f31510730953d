#!/usr/bin/python3
# ctest: timeout=900 heavy
"""Over 200,000 events of 5,000 series of all types, from two producers with different partitioners, out of order by up to
30 s, while the processor is killed with -9 ten times: every window of every tier and every total, as served over HTTP,
equals what an independent reading of the topic says. While the processor is dead, queries are answered as of the last
commit. No restart restores more than the tail of the changelogs.

ODOMETER_TEST_LONG=1: ten times as long, with 50 kills. ODOMETER_TEST_SEED: the seed printed by a failed run."""

import json
import os
import random
import sys
import threading
import time

from comparison import compare_everything, read_accounting
from confluent_kafka import Producer
from deployment import Deployment, wait_for
from events import TYPES, make_value
from oracle import aggregate, read_events, read_topic

LONG = bool(os.environ.get("ODOMETER_TEST_LONG"))
SECONDS = 600 if LONG else 62
KILLS = 50 if LONG else 10
EVENTS_PER_SECOND = 3_400
SERIES_PER_TYPE = 1_250
QUERIES_WHILE_DEAD = 1_000


def produce(deployment, partitioner, seed, failures, killed):
    """For SECONDS at least, and until all kills are over, however slow the machine is."""
    rng = random.Random(seed)
    producer = Producer({"bootstrap.servers": deployment.broker, "partitioner": partitioner, "linger.ms": 50})

    def delivered(error, _message):
        if error:
            failures.append(str(error))

    started = time.monotonic()
    rate = EVENTS_PER_SECOND // 2
    number = 0
    while number < SECONDS * rate or not killed.is_set():
        number += 1
        ahead_s = number / rate - (time.monotonic() - started)
        if ahead_s > 0.01:
            time.sleep(ahead_s)
        kind = rng.choice(TYPES)
        name = f"{kind}.{int(SERIES_PER_TYPE * rng.random() ** 2)}"
        event = {"name": name, "type": kind, "value": make_value(rng, kind)}
        event["ts"] = int(time.time() * 1000) - rng.randrange(0, 30_000)
        producer.produce(deployment.topic, json.dumps(event), key=name, on_delivery=delivered)
        producer.poll(0)
    if producer.flush(60):
        failures.append("not everything was delivered")


def query_while_dead(deployment, rng):
    """The answers to 1,000 queries: (name, sum or None, the offsets that the answer reflects)."""
    http = deployment.http("query")
    answers = []
    ages = []
    for _ in range(QUERIES_WHILE_DEAD):
        name = f"counter.{int(SERIES_PER_TYPE * rng.random() ** 2)}"
        answer, headers = http.get_json("/read", key=name, type="counter")
        values = answer["values"]
        answers.append((name, values[0]["value"] if values else None, headers["x-odometer-offsets"]))
        ages.append(int(headers["x-odometer-age-ms"]))
        assert headers["x-odometer-partitions"] == "4/4", headers
    assert ages[-1] > ages[0], f"the age of the answers did not grow: {ages[0]} … {ages[-1]}"
    assert len({offsets for _, _, offsets in answers}) == 1, "the state changed while the processor was dead"
    return answers


def check_dead_answers(records, answers):
    text = answers[0][2]
    before = {int(part.rsplit("/")[-1].split("@")[0]): int(part.split("@")[1]) for part in text.split(",")}
    totals = aggregate(read_events(records), 0, before)
    for name, value, _ in answers:
        expected = totals.get(("counter", None, name))
        assert value == (expected[0].total if expected else None), f"{name} as of {text}: {value}"


def kill_and_restart(deployment, rng, dead_answers):
    wait_for("events that are not committed", lambda: sum(deployment.committed() or [0]) < sum(deployment.ends()))
    deployment.kill("processor")
    committed, ends = deployment.committed(), deployment.ends()
    assert committed is None or sum(committed) < sum(ends), "killed with nothing in flight"
    if dead_answers is not None:
        dead_answers.extend(query_while_dead(deployment, rng))
        read_accounting(deployment.http("query"))
    deployment.start("processor")
    metrics = deployment.metrics("processor")
    full = sum(v for k, v in metrics.items() if k.startswith('odometer_restores_total{kind="full"'))
    assert full == 0, "a restart restored in full"
    return sum(v for k, v in metrics.items() if k.startswith("odometer_restore_last_records{"))


def main():
    seed = int(os.environ.get("ODOMETER_TEST_SEED", random.randrange(10**9)))
    print(f"seed {seed}")
    rng = random.Random(seed)
    with Deployment() as deployment:
        deployment.start("processor")
        deployment.start("query")
        failures = []
        killed = threading.Event()
        producers = [
            threading.Thread(target=produce, args=(deployment, partitioner, seed + i, failures, killed), daemon=True)
            for i, partitioner in enumerate(("murmur2_random", "consistent_random"))
        ]
        started = time.monotonic()
        for producer in producers:
            producer.start()
        dead_answers = []
        moments = sorted(rng.uniform(5, SECONDS - 5) for _ in range(KILLS))
        restored = []
        for number, moment in enumerate(moments):
            time.sleep(max(0.0, started + moment - time.monotonic()))
            wanted = dead_answers if number == KILLS // 2 else None
            restored.append(kill_and_restart(deployment, rng, wanted))
            print(f"{time.monotonic() - started:5.1f} s: kill {number + 1}, {restored[-1]:.0f} records restored")
        killed.set()
        for producer in producers:
            producer.join()
        assert not failures, failures[:3]
        deployment.wait_until_counted()

        changelogs = sum(
            sum(deployment.ends(f"{deployment.name}-{deployment.topic}-{store}-changelog"))
            for store in ("series", "totals", "windows-1s", "windows-1m", "windows-1h", "meta")
        )
        assert max(restored) < changelogs / 4, f"restores of {restored} of {changelogs} changelog records"
        records = read_topic(deployment.broker, deployment.topic, deployment.partitions)
        assert len(records) >= 200_000, len(records)
        check_dead_answers(records, dead_answers)
        compared, differences = compare_everything(deployment.ports["query"], records)
        assert not differences, f"{len(differences)} differences: {differences[:3]}"
        counted = read_accounting(deployment.http("query"))
        assert counted["consumed"] == counted["applied"] == len(records), f"{counted} of {len(records)} records"
        assert deployment.http("processor").get("/readyz")[0] == 200
        print(
            f"{len(records)} events, {KILLS} kills, {compared} windows and totals compared, 0 differences; "
            f"largest restore {max(restored):.0f} of {changelogs} changelog records"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
