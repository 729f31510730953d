"""Compares what is served over HTTP with what the oracle says: every window of every tier, and every total."""

import itertools
import json
import re
import urllib.parse
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from oracle import aggregate, read_events
from pipelined import Connection

TIERS_MS = (1_000, 60_000, 3_600_000)
# How long the default tiers are kept, by the time of the newest event; not named: for ever.
RETENTION_MS = {1_000: 3_600_000, 60_000: 7 * 86_400_000}
TOTAL = 0
# In these each series is asked for by its labels, too.
BY_LABEL = (60_000, TOTAL)
BECAME = ("applied", "duplicate", "late", "rejected", "overflowed")
# How many series are asked for together.
JOBS_AT_A_TIME = 64
QUANTILES = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def close(actual, expected, magnitude, what):
    assert abs(actual - float(expected)) <= 1e-12 * magnitude + 1e-300, f"{what}: {actual} instead of {float(expected)}"


def check_timer(answer, expected, what):
    assert answer["count"] == expected.count, f"{what}: {answer}"
    close(answer["sum"], expected.total, expected.magnitude, what + " sum")
    assert (answer["min"], answer["max"]) == (min(expected.values), max(expected.values)), f"{what}: {answer}"
    for name, exact in zip(QUANTILES, expected.quantiles(QUANTILES.values())):
        assert abs(answer[name] - exact) <= 0.01 * abs(exact), f"{what} {name}: {answer[name]} instead of {exact}"


def check_set(answer, expected, what):
    """Up to 4,096 members are counted; by chance two of them may be taken for one."""
    assert answer["count"] == expected.count, f"{what}: {answer}"
    allowed = 1 if expected.distinct <= 4096 else 0.02 * expected.distinct
    assert abs(answer["value"] - expected.distinct) <= allowed, f"{what}: {answer} instead of {expected.distinct}"


def labels_of(key):
    """As pairs (label, value); a key without them stands for all labels."""
    return key[3:]


def questions(key, windows, size_ms):
    """The parameters of each /read by which one series is compared in one tier (size_ms 0: the total)."""
    kind, _, name, *_ = key
    asked = {"key": name, "type": kind} | {f"label.{label}": value for label, value in labels_of(key)}
    if kind == "meter":
        return [asked | ({"from": start, "to": start + size_ms - 1} if size_ms else {}) for start in windows]
    if not size_ms:
        # A gauge without a range has no total of its own: its last value is that of its last bucket.
        return [asked | ({"period": 3600} if kind == "gauge" else {})]
    return [asked | {"type": "points" if kind == "counter" else kind, "period": size_ms // 1000}]


def check_series(key, windows, size_ms, answers):
    """Compares what was answered to questions(); returns the number of windows compared."""
    kind, _, name, *_ = key
    what = " ".join([name, *map("=".join, labels_of(key)), f"by {size_ms} ms"])
    if kind == "meter":
        for (start, expected), values in zip(windows.items(), answers):
            count = sum(value["count"] for value in values)
            assert count == expected.count, f"{what}@{start}: {count} instead of {expected.count}"
        return len(windows)
    (values,) = answers
    if kind == "gauge" and not size_ms:
        assert values and values[-1]["value"] == windows[0].last, f"{what}: {values[-1:]} instead of {windows[0].last}"
        return 1
    assert len(values) == len(windows), f"{what}: {len(values)} windows instead of {len(windows)}"
    for answer, (start, expected) in zip(values, sorted(windows.items())):
        first = start if size_ms else expected.first_ts
        assert answer["from"] == first, f"{what}: from {answer['from']} instead of {first}"
        if kind == "timer":
            check_timer(answer, expected, what)
        elif kind == "set":
            check_set(answer, expected, what)
        elif kind == "gauge":
            assert answer["value"] == expected.last, f"{what}@{start}: {answer} instead of {expected.last}"
        else:
            assert answer["value"] == expected.total, f"{what}@{start}: {answer} instead of {expected.total}"
            if not size_ms:
                assert answer["to"] == expected.last_ts, f"{what}: {answer}"
    return len(windows)


def retained(series, size_ms):
    """Of the series those windows that their tier still answers for."""
    if size_ms not in RETENTION_MS:
        return series
    newest = max((start for windows in series.values() for start in windows), default=0)
    oldest = newest - RETENTION_MS[size_ms]
    return {key: {s: w for s, w in windows.items() if s > oldest} for key, windows in series.items()}


def read_all(connection, queries):
    """The values of each /read with these parameters."""
    found = connection.get_all(["/read?" + urllib.parse.urlencode(query) for query in queries])
    for query, (status, _, body) in zip(queries, found):
        assert status == 200, f"{query}: {status} {body[:300]!r}"
    return [json.loads(body)["values"] for *_, body in found]


def compare_everything(port, records, answered=None, threads=2):
    """(number of windows and totals compared, the differences: at most one text for each series and tier). Names are compared over
    all their labels; the windows of a minute, and totals, once more by label.

    `port`: of the query process. `answered`: told of each answer, (parameters, values).
    """
    events = read_events(records, by_label=True)
    over_labels = [event for event in events if not labels_of(event[3])]
    jobs = []
    for size_ms in (*TIERS_MS, TOTAL):
        series = aggregate(events if size_ms in BY_LABEL else over_labels, size_ms)
        jobs += [(key, windows, size_ms) for key, windows in retained(series, size_ms).items()]

    def compare(some):
        compared, differences = 0, []
        connection = Connection(port)
        for first in range(0, len(some), JOBS_AT_A_TIME):
            together = some[first : first + JOBS_AT_A_TIME]
            asked = [questions(*job) for job in together]
            answers = iter(read_all(connection, list(itertools.chain(*asked))))
            for job, queries in zip(together, asked):
                values = [next(answers) for _ in queries]
                if answered:
                    for query, found in zip(queries, values):
                        answered(query, found)
                try:
                    compared += check_series(*job, values)
                except AssertionError as difference:
                    differences.append(str(difference))
        connection.close()
        return compared, differences

    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(compare, [jobs[first::threads] for first in range(threads)]))
    return sum(count for count, _ in results), list(itertools.chain(*(found for _, found in results)))


def read_accounting(http, transactions=False):
    """What /api/v1/accounting says of all partitions, once it is checked that nothing vanished: every record up to the
    offsets of the answer was consumed, and became something. `transactions`: of producers; their ends are offsets, too."""
    answer, headers = http.get_json("/api/v1/accounting", require="complete")
    covered, _, partitions = headers["x-odometer-partitions"].partition("/")
    sources = answer["sources"]
    parts = answer["partitions"] + [partition for source in sources for partition in source["partitions"]]
    assert covered == partitions == str(len(parts)), headers
    for counts in (answer, *sources, *parts):
        assert counts["balanced"] and counts["consumed"] == sum(counts[kind] for kind in BECAME), counts
        assert counts["rejected"] == sum(counts["rejected_by_reason"].values()), counts
    for partition in parts:
        offset = partition["next_offset"]
        assert partition["consumed"] <= offset if transactions else partition["consumed"] == offset, partition
    for counts in (answer, *sources):
        assert counts["consumed"] == sum(partition["consumed"] for partition in counts["partitions"]), counts
    return answer


def check_metrics(metrics):
    """Of a processor's /metrics, as Deployment.metrics gives them: whatever a partition's records became, it is their sum."""
    counted = defaultdict(Counter)
    for key, value in metrics.items():
        if found := re.fullmatch(r'odometer_events_(\w+)_total\{.*?\bpartition="([^"]+)".*\}', key):
            kind, partition = found.groups()
            counted[partition][kind] += value
    assert counted, "the processor tells of no partition"
    for partition, counts in counted.items():
        assert counts["consumed"] == sum(counts[kind] for kind in BECAME), f"/metrics of {partition}: {dict(counts)}"
