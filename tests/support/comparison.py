"""Compares what is served over HTTP with what the oracle says: every window of every tier, and every total."""

import threading
from concurrent.futures import ThreadPoolExecutor

from oracle import aggregate

TIERS_MS = (1_000, 60_000, 3_600_000)
# How long the default tiers are kept, by the time of the newest event; not named: for ever.
RETENTION_MS = {1_000: 3_600_000, 60_000: 7 * 86_400_000}
TOTAL = 0
BECAME = ("applied", "duplicate", "late", "rejected", "overflowed")
QUANTILES = {"p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def close(actual, expected, magnitude, what):
    assert abs(actual - float(expected)) <= 1e-12 * magnitude + 1e-300, f"{what}: {actual} instead of {float(expected)}"


def check_timer(answer, expected, what):
    assert answer["count"] == expected.count, f"{what}: {answer}"
    close(answer["sum"], expected.total, expected.magnitude, what + " sum")
    assert (answer["min"], answer["max"]) == (min(expected.values), max(expected.values)), f"{what}: {answer}"
    for name, q in QUANTILES.items():
        exact = expected.quantile(q)
        assert abs(answer[name] - exact) <= 0.01 * abs(exact), f"{what} {name}: {answer[name]} instead of {exact}"


def check_set(answer, expected, what):
    """Up to 4,096 members are counted; by chance two of them may be taken for one."""
    assert answer["count"] == expected.count, f"{what}: {answer}"
    allowed = 1 if expected.distinct <= 4096 else 0.02 * expected.distinct
    assert abs(answer["value"] - expected.distinct) <= allowed, f"{what}: {answer} instead of {expected.distinct}"


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
    values, _ = http.get_json("/read", **query)
    values = values["values"]
    what = f"{name} by {size_ms} ms"
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


def check_meter(http, query, windows, size_ms):
    for start, expected in windows.items():
        if size_ms:
            query["from"], query["to"] = start, start + size_ms - 1
        values, headers = http.get_json("/read", **query)
        count = sum(value["count"] for value in values["values"])
        assert count == expected.count, f"{query}: {count} instead of {expected.count} ({headers})"
    return len(windows)


def retained(series, size_ms):
    """Of the series those windows that their tier still answers for."""
    if size_ms not in RETENTION_MS:
        return series
    newest = max((start for windows in series.values() for start in windows), default=0)
    oldest = newest - RETENTION_MS[size_ms]
    return {key: {s: w for s, w in windows.items() if s > oldest} for key, windows in series.items()}


def compare_everything(new_http, records, threads=4):
    """(number of windows and totals compared, the differences: at most one text for each series and tier).

    `new_http`: makes a connection to the query process, one for each thread.
    """
    local = threading.local()

    def check(job):
        if not hasattr(local, "http"):
            local.http = new_http()
        try:
            return check_series(local.http, *job), None
        except AssertionError as difference:
            return 0, str(difference)

    jobs = []
    for size_ms in (*TIERS_MS, TOTAL):
        jobs += [(key, windows, size_ms) for key, windows in retained(aggregate(records, size_ms), size_ms).items()]
    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(check, jobs))
    return sum(count for count, _ in results), [difference for _, difference in results if difference]


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
