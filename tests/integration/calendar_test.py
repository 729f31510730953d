#!/usr/bin/python3
# ctest: timeout=180
"""Days, weeks and months of time zones on a real processor: across both changes of a clock, in a zone half an hour off,
and per org, each compared with what Python's zoneinfo makes of the same events."""

import collections
import datetime
import json
import os
import random
import subprocess
import zoneinfo

from deployment import Deployment

ACME, OTHER = "acme-7b1e9d02c5aa", "other-4c90fd17be21"
TOKENS = {ACME: "acme", OTHER: "other"}
ZONES = ("Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "UTC")
# Around both Sundays on which Europe changes its clocks.
SPANS = (("2026-03-26", "2026-04-03"), ("2026-10-22", "2026-11-04"))
WITH_QUARTERS = "1m:7d, 15m:forever, 1h:forever"


def epoch_ms(text):
    return round(datetime.datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


def make_events(seed):
    """(time, value): one in about 20 minutes of the spans, and at each of their midnights everywhere."""
    chance = random.Random(seed)
    times = [time for first, last in SPANS for time in range(epoch_ms(first), epoch_ms(last), 900_000)]
    chosen = [time + chance.choice((0, 0, 1, 899_999)) for time in times if chance.random() < 0.8]
    return [(time, chance.randrange(1, 10)) for time in chosen]


def bucket_of(time_ms, period, zone):
    """The start of its day, week or month. None of these midnights is skipped or comes twice."""
    local = datetime.datetime.fromtimestamp(time_ms / 1000, zone)
    day = datetime.datetime.combine(local.date(), datetime.time())
    if period == "1w":
        day -= datetime.timedelta(days=day.weekday())
    if period == "1mo":
        day = day.replace(day=1)
    return round(day.replace(tzinfo=zone).timestamp() * 1000)


def points(events, period, zone_name):
    sums = collections.Counter()
    for time, value in events:
        sums[bucket_of(time, period, zoneinfo.ZoneInfo(zone_name))] += value
    return [{"from": start, "value": value} for start, value in sorted(sums.items())]


class Org:
    def __init__(self, deployment, token):
        self.deployment = deployment
        self.headers = {"x-auth-token": token}

    def post(self, events, kind="COUNTER"):
        items = [{"name": "orders", "type": kind, "value": value, "ts": time} for time, value in events]
        status, headers, body = self.deployment.http("ingest").request(
            "POST", "/ingest/metrics", json.dumps(items), self.headers)
        assert status == 200, body
        self.headers["min-offset"] = headers["x-odometer-offset"]

    def read(self, query):
        status, headers, body = self.deployment.http("query").request(
            "GET", "/read?key=orders&" + query, headers=self.headers)
        return status, json.loads(body), headers

    def points(self, query):
        status, answer, headers = self.read("type=points&" + query)
        assert status == 200, (query, answer)
        return answer["values"], headers


def check_every_zone(acme, other):
    events = make_events(1)
    acme.post(events)
    other.post([(epoch_ms("2026-03-29"), 1000)])
    for zone in ZONES:
        for period in ("1d", "1w", "1mo"):
            got, headers = acme.points(f"period={period}&timezone={zone}")
            assert got == points(events, period, zone), (zone, period, got)
            resolution = "900000" if zone in ZONES[1:3] else "3600000"
            assert headers["x-odometer-resolution-ms"] == resolution, (zone, headers)
            assert "x-odometer-retained-from-ms" not in headers
    # The days of 23 and of 25 hours, alone.
    for day, hours in (("2026-03-28T23:00", 23), ("2026-10-24T22:00", 25)):
        start = epoch_ms(day)
        got, _ = acme.points(f"period=1d&timezone=Europe/Berlin&from={start}&to={start + hours * 3_600_000 - 1}")
        assert got == [point for point in points(events, "1d", "Europe/Berlin") if point["from"] == start], got
    assert acme.points("period=1w")[0] == points(events, "1w", "UTC")
    only = {"from": epoch_ms("2026-03-28T23:00"), "value": 1000}
    assert other.points("period=1d&timezone=Europe/Berlin")[0] == [only]


def check_types(acme):
    start = epoch_ms("2026-10-24T22:00")
    times = [(start, 4), (start + 25 * 3_600_000 - 1, 6), (start + 25 * 3_600_000, 8)]
    acme.post(times, "TIMER")
    acme.post(times, "GAUGE")
    _, answer, _ = acme.read("type=timer&period=1d&timezone=Europe/Berlin")
    shown = [(value["from"], value["to"] + 1 - value["from"], value["sum"]) for value in answer["values"]]
    assert shown == [(start, 25 * 3_600_000, 10), (start + 25 * 3_600_000, 24 * 3_600_000, 8)], shown
    _, answer, _ = acme.read("type=gauge&period=1d&timezone=Europe/Berlin")
    assert [value["value"] for value in answer["values"]] == [6, 8], answer


def check_refusals(acme):
    for query, field in (
        ("period=1d&timezone=Europe/Berln", "timezone"),
        ("period=1d&timezone=", "timezone"),
        ("period=60&timezone=Europe/Berlin", "timezone"),
        ("timezone=Europe/Berlin", "timezone"),
        ("period=2d", "period"),
        ("period=1D", "period"),
    ):
        status, answer, _ = acme.read("type=points&" + query)
        assert status == 400 and answer["error"]["field"] == field, (query, status, answer)
    _, answer, _ = acme.read("type=points&period=1d&timezone=Europe/Berln")
    assert answer["error"]["message"] == "unknown time zone; the nearest is Europe/Berlin", answer
    status, _, body = acme.deployment.http("query").request(
        "GET", "/live?metric=orders&period=1d&timezone=Nowhere", headers=acme.headers)
    assert status == 400 and json.loads(body)["error"]["field"] == "timezone", body


def check_command_line(deployment, acme):
    command = [deployment.binary, "get", "orders", "--type", "points", "--period", "1mo", "--timezone", "Asia/Kolkata",
               "--server", f"http://127.0.0.1:{deployment.ports['query']}"]  # fmt: skip
    environment = {**os.environ, "ODOMETER_TOKEN": ACME}
    shown = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert shown.returncode == 0, shown
    assert json.loads(shown.stdout)["values"] == acme.points("period=1mo&timezone=Asia/Kolkata")[0]


def check_default_tiers():
    """Their hours make the days of whole-hour zones for ever, their minutes those of others for seven days."""
    with Deployment(settings={"auth": {"tokens": TOKENS}}) as deployment:
        for process in ("processor", "ingest", "query"):
            deployment.start(process)
        acme = Org(deployment, ACME)
        events = make_events(2)
        acme.post(events)
        assert acme.points("period=1d&timezone=Europe/Berlin")[0] == points(events, "1d", "Europe/Berlin")
        got, headers = acme.points("period=1d&timezone=Asia/Kolkata")
        begin = int(headers["x-odometer-retained-from-ms"])
        assert begin == bucket_of(begin, "1d", zoneinfo.ZoneInfo("Asia/Kolkata"))
        wanted = [point for point in points(events, "1d", "Asia/Kolkata") if point["from"] >= begin]
        assert got == wanted and len(got) == 7, (got, wanted)
        long_ago = epoch_ms("2026-03-28T18:30")
        status, answer, _ = acme.read(f"type=points&period=1d&timezone=Asia/Kolkata&from={long_ago}")
        assert status == 400 and "needs windows of 30m" in answer["error"]["message"], answer


def main():
    with Deployment(settings={"tiers": WITH_QUARTERS, "auth": {"tokens": TOKENS}}) as deployment:
        for process in ("processor", "ingest", "query"):
            deployment.start(process)
        acme, other = Org(deployment, ACME), Org(deployment, OTHER)
        check_every_zone(acme, other)
        check_types(acme)
        check_refusals(acme)
        check_command_line(deployment, acme)
        # From the disk, without the processor.
        before = acme.points("period=1d&timezone=Asia/Kolkata")[0]
        deployment.stop("processor")
        assert acme.points("period=1d&timezone=Asia/Kolkata")[0] == before
    check_default_tiers()
    print("days, weeks and months as Python has them")


if __name__ == "__main__":
    main()
