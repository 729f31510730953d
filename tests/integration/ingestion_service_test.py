#!/usr/bin/python3
# ctest: timeout=180
"""Clients of metrics-ingestion-service work by a change of address: a replay of requests with the answers that they rely on."""

import urllib.parse

from deployment import Deployment, free_port
from replay import ANY, OneOf, error, replay

TEXT = {"content-type": "text/plain"}
JSON = {"content-type": "application/json"}
EMPTY = "ERROR: empty input"


def item(name, kind, value, level="web"):
    return {"level": level, "name": name, "type": kind, "value": value}


def record(name, kind, value, count, level="web", **more):
    times = {"startTime": ANY, "updateTime": ANY}
    return {"level": level, "name": name, "type": kind, "value": value, **times, "count": count, **more}


def path(name):
    return "/data/metrics/" + urllib.parse.quote(name, safe="")


def writing():
    """Each type, written and read."""
    rows = [("GET /health/ping", None, 200, "pong (metrics-api service)", {}, TEXT)]

    def write(name, kind, value, level="web"):
        rows.append(("POST /ingest/metrics", item(name, kind, value, level), 200, f"Record {name} UPDATED", {}, TEXT))

    def read(name, expected):
        rows.append((f"GET {path(name)}", None, 200, expected, {}, JSON))

    write("hits", "COUNTER", 5)
    read("web.hits", record("hits", "COUNTER", 5, 1))  # its first value counts once
    write("hits", "counter", 7)
    read("web.hits", record("hits", "COUNTER", 12, 2))
    write("load", "Gauge", 3)
    write("load", "GAUGE", -1.5)
    read("web.load", record("load", "GAUGE", -1.5, 2))
    write("requests", "METER", 4)
    write("requests", "METER", 6)
    read("web.requests", record("requests", "METER", 6, 2, meanRate=ANY))
    for value in (10, 40, 25):
        write("ms", "TIMER", value)
    read("web.ms", record("ms", "TIMER", 25, 3, min=10, max=40, mean=25, sum=75))
    # The same name under another level is another record; without one it is found under its bare name.
    write("hits", "COUNTER", 100, "api")
    read("api.hits", record("hits", "COUNTER", 100, 1, "api"))
    read("web.hits", record("hits", "COUNTER", 12, 2))
    rows.append(("POST /ingest/metrics", {"name": "bare", "type": "COUNTER", "value": 2}, 200, "Record bare UPDATED"))
    bare = record("bare", "COUNTER", 2, 1)
    del bare["level"]
    read("bare", bare)
    for name in ("a/b", "x.y.z", "größe ☃", "a b+c", "100%"):
        write(name, "COUNTER", 1)
        read("web." + name, record(name, "COUNTER", 1, 1))
    for target in ("/data/metrics", "/data/metrics/"):
        rows.append((f"GET {target}", None, 200, OneOf(record("hits", "COUNTER", 12, 2)), {}, JSON))
    rows += [
        ("GET /data/metrics?level=api", None, 200, [record("hits", "COUNTER", 100, 1, "api")]),
        ("GET /data/metrics?name=nobody", None, 200, []),
        ("GET /data/metrics/web.unknown", None, 404, error("not_found", ANY), {}, JSON),
        ("GET /data/metrics/undefined.bare", None, 404, ANY),
    ]
    return rows


def refusals():
    rows = [("POST /ingest/metrics", body, 400, EMPTY, {}, TEXT)
            for body in ("", " \n", "{}", '{"name":""}', '{"name":null,"type":"COUNTER","value":1}',
                         '{"level":"web","type":"COUNTER","value":1}')]
    bad = {
        "type": [item("bad", "HISTOGRAM", 1), item("bad", "", 1), {"name": "bad", "value": 1}, item("bad", None, 1),
                 item("bad", "EVENT", 1), item("bad", 7, 1)],
        "value": [item("bad", "COUNTER", "5"), item("bad", "COUNTER", None), {"name": "bad", "type": "COUNTER"},
                  item("bad", "GAUGE", True), item("bad", "GAUGE", []), item("bad", "COUNTER", 2**64)],
        "level": [item("bad", "COUNTER", 1, 5)],
    }  # fmt: skip
    for field, bodies in bad.items():
        rows += [("POST /ingest/metrics", body, 400, error(field=field), {}, JSON) for body in bodies]
    for body in ("{", "nonsense", '{"name":"bad","type":"GAUGE","value":NaN}', '"text"', "7", "null", b'{"name":"\xff"}',
                 '{"name":"bad","type":"COUNTER","value":1,}', '{"name":"bad","type":"COUNTER","value":1}x'):
        rows.append(("POST /ingest/metrics", body, 400, ANY))
    rows += [
        ("GET /data/metrics?name=bad", None, 200, []),
        ("POST /ingest/metrics", b" " * (1 << 20) + b"{}", 413, error("content_too_large"), {}, JSON),
        ("GET /ingest/metrics", None, 405, error("method_not_allowed"), {}, {"allow": "POST, OPTIONS"}),
        ("PUT /data/metrics/web.hits", None, 405, error("method_not_allowed")),
    ]
    return rows


def batches():
    good = [item("batch", "COUNTER", value) for value in (1, 2, 3)]
    mixed = [item("mixed", "COUNTER", 1), item("mixed", "NONE", 1), item("mixed", "COUNTER", 10), {"type": "GAUGE"}, 5]

    def failed(index, field):
        said = {"index": index, "code": ANY, "message": ANY}
        return {**said, "field": field} if field else said

    failures = [failed(1, "type"), failed(3, "name"), failed(4, None)]
    return [
        ("POST /ingest/metrics", good, 200, "3 Records UPDATED", {}, TEXT),
        (f"GET {path('web.batch')}", None, 200, record("batch", "COUNTER", 6, 3)),
        ("POST /ingest/metrics", mixed, 400, {"error": {"code": "bad_items", "message": ANY, "items": failures}}, {}, JSON),
        (f"GET {path('web.mixed')}", None, 200, record("mixed", "COUNTER", 11, 2)),
        ("POST /ingest/metrics", [], 200, "0 Records UPDATED"),
    ]


def setting():
    """Records that are set, and forgotten."""
    timer = {**item("set", "TIMER", 9), "startTime": 1000, "updateTime": 2000, "count": 4, "min": 1, "max": 10, "mean": 5,
             "sum": 20}
    counted = {**item("set", "COUNTER", 12), "startTime": 1000, "updateTime": 2000, "count": 3}
    rows = [
        ("POST /data/metrics/", timer, 200, "Record set UPDATED", {}, TEXT),
        (f"GET {path('web.set')}", None, 200, timer),
        # To exactly that: the timer is gone.
        ("POST /data/metrics", counted, 200, "Record set UPDATED", {}, TEXT),
        (f"GET {path('web.set')}", None, 200, counted),
        ("POST /ingest/metrics", item("set", "COUNTER", 1), 200, ANY),
        (f"GET {path('web.set')}", None, 200, record("set", "COUNTER", 13, 4)),
        (f"DELETE {path('web.set')}", None, 200, "Record web.set DELETED", {}, TEXT),
        (f"GET {path('web.set')}", None, 404, ANY),
        (f"DELETE {path('web.set')}", None, 200, "Record web.set DELETED"),
        (f"DELETE {path('never.there')}", None, 200, "Record never.there DELETED"),
        # The next event starts from nothing.
        ("POST /ingest/metrics", item("set", "COUNTER", 2), 200, ANY),
        (f"GET {path('web.set')}", None, 200, record("set", "COUNTER", 2, 1)),
        (f"DELETE {path('web.a/b')}", None, 200, "Record web.a/b DELETED"),
        (f"GET {path('web.a/b')}", None, 404, ANY),
    ]
    rows += [("POST /data/metrics/", body, 400, EMPTY, {}, TEXT) for body in ("", "{}", '{"name":""}')]
    for field, body in (("type", {"name": "x"}), ("value", {"name": "x", "type": "COUNTER"}),
                        ("value", {"name": "x", "type": "GAUGE", "value": "1"}),
                        ("count", {"name": "x", "type": "GAUGE", "value": 1, "count": -1}),
                        ("startTime", {"name": "x", "type": "GAUGE", "value": 1, "startTime": "now"})):
        rows.append(("POST /data/metrics/", body, 400, error("bad_record", field), {}, JSON))
    return rows


def main():
    port = free_port()
    with Deployment(settings={"serve.listen": f"127.0.0.1:{port}"}) as deployment:
        deployment.ports["serve"] = port
        for process in ("processor", "serve", "ingest"):
            deployment.start(process)
        requests = replay(deployment.http("serve"), writing() + refusals() + batches() + setting())
        alone = [("GET /health/ping", None, 200, "pong (metrics-ingest service)", {}, TEXT)]
        requests += replay(deployment.http("ingest"), alone)
        assert requests >= 60, requests
        print(f"{requests} requests of metrics-ingestion-service's clients answered as they rely on")


if __name__ == "__main__":
    main()
