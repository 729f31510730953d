"""Compares which series the server knows with those that the topics say: none may be missing, and none may be there besides."""

from collections import Counter, defaultdict

from oracle import decode

# The most names that the server tells of.
MOST_NAMES = 1000


def series_of(records):
    """{partition: {(type, name, labels)}} of records as read_topic gives them."""
    found = defaultdict(set)
    for partition, _, _, value, headers in records:
        event = decode(value, headers)
        labels = event.get("labels", {}) | ({"level": event["level"]} if "level" in event else {})
        found[partition].add((event.get("type", "counter"), event["name"], tuple(sorted(labels.items()))))
    return found


def compare_known_series(http, records, records_of_sources=None):
    """(number of names and partitions compared, the differences). `records_of_sources`: {topic: records} that rules count."""
    by_topic = {None: records} | (records_of_sources or {})
    expected = {(topic, p): series for topic, some in by_topic.items() for p, series in series_of(some).items()}
    per_partition = {place: len(series) for place, series in expected.items()}
    per_name = Counter(name for series in expected.values() for _, name, _ in series)
    assert len(per_name) < MOST_NAMES, f"{len(per_name)} names are more than the server would tell"
    answer, _ = http.get_json("/api/v1/status/cardinality", limit=MOST_NAMES, require="complete")
    served = {(task.get("topic"), task["partition"]): task["series"] for task in answer["tasks"] if task["series"]}
    found = differences("series of partition", served, per_partition)
    served = Counter()
    for row in answer["names"]:
        served[row["name"]] += row["series"]
    found += differences("series of", served, per_name)
    listed, _ = http.get_json("/data/metrics", require="complete")
    found += differences("records of", Counter(record["name"] for record in listed), dict.fromkeys(per_name, 1))
    return len(per_partition) + len(per_name), found


def differences(what, served, expected):
    return [
        f"{what} {key}: {served.get(key, 0)} instead of {expected.get(key, 0)}"
        for key in served.keys() | expected.keys()
        if served.get(key, 0) != expected.get(key, 0)
    ]
