#!/usr/bin/python3
# ctest: timeout=900 serial
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
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka import Producer
from deployment import Deployment, wait_for
from oracle import aggregate, read_topic

LONG = bool(os.environ.get("ODOMETER_TEST_LONG"))
SECONDS = 600 if LONG else 66
KILLS = 50 if LONG else 10
EVENTS_PER_SECOND = 3_400
SERIES_PER_TYPE = 1_250
TYPES = ("counter", "gauge", "meter", "timer")
QUERIES_WHILE_DEAD = 1_000
QUANTILES = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def make_value(rng, kind):
    if kind == "counter":
        return rng.choice((1, 1, 1, rng.randrange(0, 1000), rng.randrange(0, 2**64)))
    if kind == "gauge":
        return rng.choice((rng.randrange(-1000, 1000), round(rng.uniform(-100, 100), 3)))
    if kind == "meter":
        return 1
    return round(rng.lognormvariate(3, 1), 3)


def produce(deployment, partitioner, seed, failures):
    rng = random.Random(seed)
    producer = Producer({"bootstrap.servers": deployment.broker, "partitioner": partitioner, "linger.ms": 5})

    def delivered(error, _message):
        if error:
            failures.append(str(error))

    started = time.monotonic()
    rate = EVENTS_PER_SECOND // 2
    for number in range(SECONDS * rate):
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
    totals = aggregate(records, 0, before)
    for name, value, _ in answers:
        expected = totals.get(("counter", None, name))
        assert value == (expected[0].total if expected else None), f"{name} as of {text}: {value}"


def close(actual, expected, magnitude, what):
    assert abs(actual - float(expected)) <= 1e-12 * magnitude + 1e-300, f"{what}: {actual} instead of {float(expected)}"


def check_timer(answer, expected, what):
    assert answer["count"] == expected.count, f"{what}: {answer}"
    close(answer["sum"], expected.total, expected.magnitude, what + " sum")
    assert (answer["min"], answer["max"]) == (min(expected.values), max(expected.values)), f"{what}: {answer}"
    for name, q in QUANTILES.items():
        exact = expected.quantile(q)
        assert abs(answer[name] - exact) <= 0.01 * abs(exact), f"{what} {name}: {answer[name]} instead of {exact}"


def check_series(http, key, windows, size_ms):
    """Compares one series in one tier (size_ms 0: the total); returns the number of windows compared."""
    kind, _, name = key
    query = {"key": name, "type": kind}
    if size_ms and kind == "counter":
        query["type"] = "points"
    if kind == "meter":
        return check_meter(http, query, windows, size_ms)
    if size_ms:
        query["period"] = size_ms // 1000
    elif kind == "gauge":
        # A gauge without a range has no total of its own: its last value is that of its last bucket.
        query["period"] = 3600
    values, headers = http.get_json("/read", **query)
    values = values["values"]
    what = f"{name} by {size_ms} ms"
    if kind == "gauge" and not size_ms:
        assert values[-1]["value"] == windows[0].last, f"{what}: {values[-1]} instead of {windows[0].last}"
        return 1
    assert len(values) == len(windows), f"{what}: {len(values)} windows instead of {len(windows)}"
    for answer, (start, expected) in zip(values, sorted(windows.items())):
        first = start if size_ms else expected.first_ts
        assert answer["from"] == first, f"{what}: from {answer['from']} instead of {first}"
        if kind == "timer":
            check_timer(answer, expected, what)
        elif kind == "gauge":
            assert answer["value"] == expected.last, f"{what}@{start}: {answer} instead of {expected.last}"
        else:
            assert answer["value"] == expected.total, f"{what}@{start}: {answer} instead of {expected.total}"
            if not size_ms:
                assert answer["to"] == expected.last_ts, f"{what}: {answer}"
    return len(windows)


def check_meter(http, query, windows, size_ms):
    for start, expected in windows.items():
        if size_ms:
            query["from"], query["to"] = start, start + size_ms - 1
        values, headers = http.get_json("/read", **query)
        count = values["values"][0]["count"]
        assert count == expected.count, f"{query}: {count} instead of {expected.count} ({headers})"
    return len(windows)


def check_everything(deployment, records):
    compared = 0
    local = threading.local()

    def check(job):
        if not hasattr(local, "http"):
            local.http = deployment.http("query")
        return check_series(local.http, *job)

    for size_ms in (1_000, 60_000, 3_600_000, 0):
        series = aggregate(records, size_ms)
        with ThreadPoolExecutor(4) as pool:
            compared += sum(pool.map(check, [(key, windows, size_ms) for key, windows in series.items()]))
    return compared


def accounting(deployment):
    """Nothing vanished: every record up to the offsets of the answer was consumed, and became something."""
    answer, headers = deployment.http("query").get_json("/api/v1/accounting", require="complete")
    assert headers["x-odometer-partitions"] == "4/4", headers
    for counts in (answer, *answer["partitions"]):
        became = sum(counts[kind] for kind in ("applied", "duplicate", "late", "rejected", "overflowed"))
        assert counts["balanced"] and counts["consumed"] == became, counts
        assert counts["rejected"] == sum(counts["rejected_by_reason"].values()), counts
    # The producers write without transactions: all offsets are records.
    for partition in answer["partitions"]:
        assert partition["consumed"] == partition["next_offset"], partition
    assert answer["consumed"] == sum(partition["consumed"] for partition in answer["partitions"]), answer
    return answer


def kill_and_restart(deployment, rng, dead_answers):
    wait_for("events that are not committed", lambda: sum(deployment.committed() or [0]) < sum(deployment.ends()))
    deployment.kill("processor")
    committed, ends = deployment.committed(), deployment.ends()
    assert committed is None or sum(committed) < sum(ends), "killed with nothing in flight"
    if dead_answers is not None:
        dead_answers.extend(query_while_dead(deployment, rng))
        accounting(deployment)
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
        producers = [
            threading.Thread(target=produce, args=(deployment, partitioner, seed + i, failures))
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
        compared = check_everything(deployment, records)
        counted = accounting(deployment)
        assert counted["consumed"] == counted["applied"] == len(records), f"{counted} of {len(records)} records"
        assert deployment.http("processor").get("/readyz")[0] == 200
        print(
            f"{len(records)} events, {KILLS} kills, {compared} windows and totals compared, 0 differences; "
            f"largest restore {max(restored):.0f} of {changelogs} changelog records"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
