#!/usr/bin/python3
# ctest: timeout=180
"""Clients of Kilometric work by a change of address: a replay of requests with the answers that they rely on."""

import time
import urllib.parse

from deployment import Deployment, free_port
from replay import ANY, error, replay

BIGGEST = 2**64 - 1
TEXT = {"content-type": "text/plain"}
JSON = {"content-type": "application/json"}


def counter(name, value):
    return {"name": name, "values": [{"from": ANY, "to": ANY, "value": value}]}


def nothing(name):
    return {"name": name, "values": []}


def encoded(key):
    return urllib.parse.quote(key, safe="")


def counting():
    rows = [
        ("GET /track?key=a", None, 204, "", {}, {"content-type": None}),
        ("GET /track?key=a&value=41", None, 204, ""),
        ("GET /read?key=a&type=counter", None, 200, counter("a", 42), {}, JSON),
        ("GET /metric?key=a&type=counter", None, 200, counter("a", 42), {}, JSON),
        ("HEAD /track?key=a&value=5", None, 204, ""),
        ("HEAD /read?key=a&type=counter", None, 200, "", {}, JSON),
        ("GET /read?key=a&type=counter", None, 200, counter("a", 42)),
        # The first of duplicates.
        ("GET /track?key=first&key=second&value=3&value=9", None, 204, ""),
        ("GET /read?key=first&key=second&type=counter&type=none", None, 200, counter("first", 3)),
        ("GET /read?key=second&type=counter", None, 200, nothing("second")),
        # Zero is accepted and leaves nothing.
        ("GET /track?key=zero&value=0", None, 204, ""),
        ("GET /read?key=zero&type=counter", None, 200, nothing("zero")),
        # Sums never overflow.
        (f"GET /track?key=big&value={BIGGEST}", None, 204, ""),
        (f"GET /track?key=big&value={BIGGEST}", None, 204, ""),
        ("GET /read?key=big&type=counter", None, 200, counter("big", 2 * BIGGEST)),
        ("GET /track?key=plus+blank", None, 204, ""),
        ("GET /read?key=plus%20blank&type=counter", None, 200, counter("plus blank", 1)),
    ]
    for key in ("größe ☃", "a&b=c/d?e", "%41", "日本", "line\nbreak", 'quo"te', "x" * 512):
        rows.append((f"GET /track?key={encoded(key)}&value=2", None, 204, ""))
        rows.append((f"GET /read?key={encoded(key)}&type=counter", None, 200, counter(key, 2)))
    return rows


def refusals():
    rows = [
        (f"GET /track?key=bad&value={value}", None, 400, error(field="value"), {}, JSON)
        for value in ("abc", "", "-1", "1.5", "0x10", "1e3", "+1", "%2B1", "1%20", BIGGEST + 1, 10**30)
    ]
    rows += [
        ("GET /track", None, 400, error(field="key")),
        ("GET /track?key=", None, 400, error(field="key")),
        ("GET /track?value=1", None, 400, error(field="key")),
        ("GET /track?Key=a", None, 400, error(field="key")),
        ("GET /track?key=%FF", None, 400, error(field="key")),
        ("GET /track?key=%zz", None, 400, ANY),
        (f"GET /track?key={'x' * 513}", None, 400, error(field="key")),
        ("HEAD /track?key=bad&value=x", None, 400, ""),
        ("GET /read?key=bad&type=counter", None, 200, nothing("bad")),
        ("GET /read?type=counter", None, 400, error(field="key")),
        ("GET /read?key=&type=counter", None, 400, error(field="key")),
    ]
    for bad in ("", "&type=", "&type=none", "&type=COUNTER", "&type=event"):
        rows.append(("GET /metric?key=a" + bad, None, 400, error(field="type")))
    for period in ("0", "-60", "abc", "1.5", ""):
        rows.append((f"GET /metric?key=a&type=points&period={period}", None, 400, error(field="period")))
    for field in ("from", "to"):
        for value in ("abc", "1.5", "", "2020-01-01"):
            rows.append((f"GET /read?key=a&type=counter&{field}={value}", None, 400, error(field=field)))
    for request in ("POST /track?key=a", "PUT /metric?key=a&type=counter", "DELETE /read?key=a&type=counter"):
        rows.append((request, None, 405, error("method_not_allowed")))
    return rows


def views(base):
    """Events of the minutes from `base` on, in the recent past so that the tiers of seconds and minutes keep them."""

    def event(name, kind, after_s, value):
        return {"name": name, "type": kind, "value": value, "ts": base + after_s * 1000}

    events = [event("p", "counter", second, value) for second, value in ((0, 1), (59, 2), (60, 4), (181, 8))]
    events += [event("g", "gauge", second, value) for second, value in ((1, 5), (30, 7), (61, -1.5))]
    events += [event("t", "timer", second, value) for second, value in ((0, 10), (10, 30), (70, 20))]
    events += [event("m", "meter", second, 1) for second in (0, 60, 120)]
    timer = {"from": base, "to": base + 70_000, "count": 3, "sum": 60, "min": 10, "max": 30, "mean": 20}
    quantiles = {"p50": ANY, "p75": ANY, "p95": ANY, "p99": ANY, "p999": ANY}
    points = [{"from": base, "value": 3}, {"from": base + 60_000, "value": 4}, {"from": base + 180_000, "value": 8}]
    inclusive = {"from": base + 59_000, "to": base + 60_000, "value": 6}
    return [
        ("POST /ingest/metrics", events, 200, f"{len(events)} Records UPDATED", {}, TEXT),
        ("GET /metric?key=p&type=points&period=60", None, 200, {"name": "p", "values": points}),
        ("GET /read?key=p&type=points", None, 200, {"name": "p", "values": points}),
        ("GET /read?key=p&type=points&period=1", None, 200, {"name": "p", "values": [
            {"from": base + s * 1000, "value": v} for s, v in ((0, 1), (59, 2), (60, 4), (181, 8))]}),
        (f"GET /read?key=p&type=points&from={base + 60_000}&to={base + 119_999}", None, 200,
         {"name": "p", "values": points[1:2]}),
        ("GET /read?key=p&type=counter", None, 200, {"name": "p", "values": [
            {"from": base, "to": base + 181_000, "value": 15}]}),
        (f"GET /read?key=p&type=counter&from={base + 59_000}&to={base + 60_000}", None, 200,
         {"name": "p", "values": [inclusive]}),
        (f"GET /read?key=p&type=counter&from={base + 1_000}&to={base + 2_000}", None, 200, nothing("p")),
        (f"GET /read?key=p&type=counter&from={base + 2_000}&to={base + 1_000}", None, 200, nothing("p")),
        (f"GET /read?key=p&type=points&from={base + 2_000}&to={base + 1_000}", None, 200, nothing("p")),
        ("GET /read?key=unknown&type=points&period=60", None, 200, nothing("unknown")),
        ("GET /read?key=g&type=gauge", None, 200, {"name": "g", "values": [
            {"from": base, "value": 7}, {"from": base + 60_000, "value": -1.5}]}),
        ("GET /read?key=t&type=timer", None, 200, {"name": "t", "values": [{**timer, **quantiles}]}),
        ("GET /read?key=t&type=timer&period=60", None, 200, {"name": "t", "values": [
            {"from": base, "to": base + 59_999, "count": 2, "sum": 40, "min": 10, "max": 30, "mean": 20, **quantiles},
            {"from": base + 60_000, "to": base + 119_999, "count": 1, "sum": 20, "min": 20, "max": 20, "mean": 20,
             **quantiles}]}),
        ("GET /read?key=m&type=meter", None, 200, {"name": "m", "values": [
            {"from": base, "to": base + 120_000, "count": 3, "mean_rate": ANY, "m1_rate": ANY, "m5_rate": ANY,
             "m15_rate": ANY}]}),
        ("GET /read?key=unknown&type=meter", None, 200, nothing("unknown")),
        ("GET /health", None, 200, {"status": "ok"}, {}, JSON),
    ]  # fmt: skip


def main():
    port = free_port()
    with Deployment(settings={"serve.listen": f"127.0.0.1:{port}"}) as deployment:
        deployment.ports["serve"] = port
        for process in ("processor", "serve"):
            deployment.start(process)
        base = (int(time.time()) // 60 - 10) * 60_000
        requests = replay(deployment.http("serve"), counting() + refusals() + views(base))
        assert requests >= 60, requests
        print(f"{requests} requests of Kilometric's clients answered as they rely on")


if __name__ == "__main__":
    main()
