#!/usr/bin/python3
# ctest: timeout=600
"""Clients of the Metrics API work by a change of address: its own test (100 posts, then eight counts), a replay of over 60
requests with the answers that its clients rely on, lists that are streamed and paged, and posts through a kill -9 of the
processor: each that was acknowledged is there, once, as it was posted and in order."""

import json
import random
import sys
import threading
import time
import urllib.parse

from comparison import read_accounting
from deployment import Deployment, Http, free_port

JSON = {"Content-Type": "application/json"}


class Client:
    """Posts to one address and reads from another, by min-offset what was posted before. Or both at one address, as the
    original's clients do, who know nothing of offsets."""

    def __init__(self, ingest, query):
        self.ingest, self.query = ingest, query
        self.offsets = {}

    def post(self, body, headers=None):
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        answer = self.ingest.request("POST", "/v1/metrics", body, {**JSON, **(headers or {})})
        if self.ingest is self.query:
            return answer
        for text in filter(None, answer[1].get("x-odometer-offset", "").split(",")):
            place, offset = text.rsplit("@", 1)
            self.offsets[place] = max(int(offset), self.offsets.get(place, -1))
        return answer

    def get(self, headers=None, **query):
        seen = {"min-offset": ",".join(f"{place}@{offset}" for place, offset in self.offsets.items())}
        target = "/v1/metrics" + ("?" + urllib.parse.urlencode(query) if query else "")
        return self.query.request("GET", target, headers={**(seen if self.offsets else {}), **(headers or {})})

    def texts(self, **query):
        status, _, body = self.get(**query)
        assert status == 200, f"{query}: {status} {body[:200]!r}"
        return body.decode()

    def list(self, **query):
        return json.loads(self.texts(**query))


def own_test(client):
    """The original's tests.py."""
    names = ["foo", "bar", "baz"]
    days = ["2016-01-01", "2016-01-02", "2016-01-03", "2016-01-04"]
    posts = [{"name": names[i % 3], "value": i % 4 + 1, "ts": days[i % 4]} for i in range(100)]
    for post in posts:
        status, headers, body = client.post(post)
        assert (status, body) == (200, b'{"resp": "success"}'), (status, body)
        assert len(body) == 19 and headers["content-length"] == "19", headers
        assert headers["content-type"] == "application/json", headers
    counts = [
        ({}, 100),
        ({"name": "foo"}, 34),
        ({"name": "foo", "sts": "2016-01-01"}, 34),
        ({"name": "foo", "ets": "2016-01-04"}, 34),
        ({"name": "foo", "sts": "2016-01-01", "ets": "2016-01-01"}, 9),
        ({"sts": "2016-01-01", "ets": "2016-01-01"}, 25),
        ({"sts": "2016-01-01"}, 100),
        ({"ets": "2016-01-01"}, 25),
    ]
    for query, count in counts:
        found = client.list(**query)
        assert len(found) == count, f"{query}: {len(found)}, not {count}"
        expected = [post for post in posts if query.get("name") in (None, post["name"])]
        expected = [p for p in expected if query.get("sts", "") <= p["ts"] <= query.get("ets", "9")]
        expected.sort(key=lambda post: post["ts"])
        key = json.dumps
        assert sorted(map(key, found)) == sorted(map(key, expected)), query
        assert [post["ts"] for post in found] == [post["ts"] for post in expected], query
    points, _ = client.query.get_json("/read", key="foo", type="points", period=86400)
    assert sum(value["value"] for value in points["values"]) == sum(p["value"] for p in posts if p["name"] == "foo")
    assert len(points["values"]) == 4, points


# A post, as text, and under which name it is found; it is found as it stands here.
TAKEN = [
    ('{"name":"asdf", "ts": "2016-01-01", "value": "qwerty"}', "asdf"),
    ('{"name":"v1","value":1,"ts":"2016-02-01"}', "v1"),
    ('{"name":"v2","value":1.50,"ts":"2016-02-01"}', "v2"),
    ('{"name":"v3","value":true,"ts":"2016-02-01"}', "v3"),
    ('{"name":"v4","value":[1,"two",{"three":3}],"ts":"2016-02-01"}', "v4"),
    ('{"name":"v5","value":null,"ts":"2016-02-01"}', "v5"),
    ('{"name":"v6","value":{"a":{"b":[]}},"ts":"2016-02-01"}', "v6"),
    ('{"name":"v7","value":12345678901234567890123,"ts":"2016-02-01"}', "v7"),
    ('{"name":"v8","value":9007199254740993,"ts":"2016-02-01"}', "v8"),
    ('{"zz":1,"name":"keys","ts":"2016-02-01","value":1,"aa":{"c":1,"b":2},"host":"web-1","org":"x","type":"y"}', "keys"),
    ('{"name":"","value":1,"ts":"2016-02-01"}', ""),
    ('{"name":"größe ☃","value":1,"ts":"2016-02-01"}', "größe ☃"),
    ('{"name":"a b&c=d/e","value":1,"ts":"2016-02-01"}', "a b&c=d/e"),
    ('{"name":5,"value":1,"ts":"2016-02-01"}', "5"),
    ('{"name":["a", 1],"value":1,"ts":"2016-02-01"}', '["a",1]'),
    ('{"name":null,"value":1,"ts":"2016-02-01"}', "null"),
    ('{"name":"' + "n" * 3000 + '","value":1,"ts":"2016-02-01"}', "n" * 3000),
    ('{"name":"t","value":"date","ts":"2016-03-01"}', "t"),
    ('{"name":"t","value":"time","ts":"2016-03-01T01:00:00"}', "t"),
    ('{"name":"t","value":"offset","ts":"2016-03-01T04:00:00+02:00"}', "t"),
    ('{"name":"t","value":"west","ts":"2016-02-29T22:00:00-05:00"}', "t"),
    ('{"name":"t","value":"space","ts":"2016-03-01 04:00:00"}', "t"),
    ('{"name":"t","value":"fraction","ts":"2016-03-01T04:00:00.500Z"}', "t"),
    ('{"name":"t","value":"epoch","ts":1456808400}', "t"),
    ('{"name":"t","value":"epoch fraction","ts":1456808400.25}', "t"),
    ('{"name":"old","value":1,"ts":"0001-01-01"}', "old"),
    ('{"name":"old","value":2,"ts":-86400}', "old"),
    ('{"name":"old","value":3,"ts":0}', "old"),
    ('{"name":"twice","value":1,"ts":"2016-02-01"}', "twice"),
    ('{"name":"twice","value":1,"ts":"2016-02-01"}', "twice"),
    ('{"name":"now","value":1}', "now"),
    ('{"name":"now","value":2,"ts":null}', "now"),
]

REFUSED = [
    "", "{", "nonsense", "{'name':'a','value':1}", '{"name":"a","value":NaN}', '{"name":"a","value":1,}', "[]", "7", '"x"',
    "null", "{}", '{"value":1}', '{"name":"a"}', '{"name":"a","value":1,"ts":"yesterday"}', '{"name":"a","value":1,"ts":""}',
    '{"name":"a","value":1,"ts":"2016-02-30"}', '{"name":"a","value":1,"ts":true}', '{"name":"a","value":1,"ts":[]}',
    '{"name":"a\\u0000","value":1}', '{"name":"a","value":"\\u0000"}', '{"name":"a","value":1}\0', b'{"name":"\xff","value":1}',
    "[" * 10_000,
]  # fmt: skip

# A query of the posts named t, and the values found.
TIMES = [
    ({}, ["date", "time", "offset", "west", "space", "fraction", "epoch", "epoch fraction"]),
    ({"sts": "2016-03-01T05:00"}, ["epoch", "epoch fraction"]),
    ({"ets": "2016-03-01"}, ["date"]),
    ({"sts": "2016-03-01T04:00:00", "ets": "2016-03-01T04:00:00"}, ["space"]),
    ({"sts": "2016-03-01T03:00:00+00:00", "ets": "2016-03-01 04:00:00.499"}, ["west", "space"]),
    ({"sts": "2016-03-01T05:00:00.25", "ets": "2016-03-01T05:00:00.25"}, ["epoch fraction"]),
    ({"sts": "2016-03-02"}, []),
    ({"sts": "2016-03-01T02:00:00+01:00", "ets": "2016-03-01T02:00:00Z"}, ["time", "offset"]),
]

BAD_QUERIES = [
    {"sts": "yesterday"}, {"sts": ""}, {"ets": "2016-02-30"}, {"ets": "1456808400x"}, {"sts": "2016-01-02", "ets": "2016-01-01"},
    {"limit": "0"}, {"limit": "many"}, {"after": "here"},
]  # fmt: skip


def replay(client):
    requests = 0
    for body, _ in TAKEN:
        status, _, answer = client.post(body)
        assert (status, answer) == (200, b'{"resp": "success"}'), f"{body[:80]}: {status} {answer}"
        requests += 1
    for name in sorted({name for _, name in TAKEN} - {"t", "old", "now"}):
        bodies = [body for body, its_name in TAKEN if its_name == name]
        assert client.texts(name=name) == "[" + ", ".join(bodies) + "]", name
        requests += 1
    for body in REFUSED:
        status, headers, answer = client.post(body)
        assert status == 400 and json.loads(answer)["error"]["message"], f"{body[:80]}: {status} {answer}"
        assert "x-odometer-offset" not in headers, body
        requests += 1
    for query, values in TIMES:
        assert [found["value"] for found in client.list(name="t", **query)] == values, query
        requests += 1
    for query in BAD_QUERIES:
        status, _, answer = client.get(**query)
        assert status == 400 and json.loads(answer)["error"]["field"], f"{query}: {status} {answer}"
        requests += 1
    assert [found["value"] for found in client.list(name="old")] == [1, 2, 3]
    now = client.list(name="now", sts=time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400)))
    assert now == [{"name": "now", "value": 1}, {"name": "now", "value": 2, "ts": None}], now
    assert client.texts(name="unknown") == "[]"
    # A plus sign that the client did not encode.
    target = "/v1/metrics?name=t&sts=2016-03-01T05:00:00+01:00&ets=2016-03-01T04:00:00Z"
    assert len(json.loads(client.query.get(target)[2])) == 1
    assert client.ingest.request("GET", "/v1/metrics")[0] == 405
    assert client.query.request("PUT", "/v1/metrics")[0] == 405
    assert client.query.request("HEAD", "/v1/metrics?name=t")[2] == b""
    # The same request under its key is kept once.
    for _ in range(2):
        assert client.post('{"name":"key","value":1}', {"Idempotency-Key": "k"})[0] == 200
    assert len(client.list(name="key")) == 1
    requests += 9
    assert requests >= 60, requests
    return requests


def check_tags(client):
    _, headers, body = client.get(name="twice")
    tag = headers["etag"]
    status, again, nothing = client.get({"If-None-Match": tag}, name="twice")
    assert (status, again["etag"], nothing) == (304, tag, b""), (status, again)
    assert client.get({"If-None-Match": '"other"'}, name="twice")[2] == body
    client.post({"name": "once more", "value": 1})
    assert client.get({"If-None-Match": tag}, name="twice")[0] == 304, "another name's post changes nothing"
    client.post({"name": "twice", "value": 2})
    assert client.get({"If-None-Match": tag}, name="twice")[0] == 200


def check_long_lists(client):
    posts = []
    for number in range(120):
        posts.append({"name": "long", "ts": f"2017-01-01T00:00:{number % 60:02}", "value": number, "x": "x" * 60_000})
        assert client.post(posts[-1])[0] == 200
    posts.sort(key=lambda post: post["ts"])
    status, headers, body = client.get(name="long")
    assert status == 200 and "content-length" not in headers, headers
    assert body.decode() == "[" + ", ".join(map(json.dumps, posts)) + "]"
    assert client.get({"If-None-Match": headers["etag"]}, name="long")[0] == 304
    paged, after = [], {}
    while True:
        status, headers, body = client.get(name="long", limit=7, **after)
        paged += json.loads(body)
        if "x-odometer-next-after" not in headers:
            break
        after = {"after": headers["x-odometer-next-after"]}
    assert paged == posts


def post_through_kills(deployment, seed):
    """Posts of four clients while the processor is killed with -9 three times."""
    acknowledged = [[] for _ in range(4)]
    stop = threading.Event()

    def post(number):
        http = Http(deployment.ports["ingest"])
        count = 0
        while not stop.is_set():
            body = json.dumps({"name": f"client {number}", "value": count, "ts": "2018-01-01"})
            status, _, answer = http.request("POST", "/v1/metrics", body, JSON)
            assert status == 200, answer
            acknowledged[number].append(count)
            count += 1
            time.sleep(0.002)

    clients = [threading.Thread(target=post, args=(number,)) for number in range(4)]
    rng = random.Random(seed)
    for client in clients:
        client.start()
    for _ in range(3):
        time.sleep(rng.uniform(0.5, 2))
        deployment.kill("processor")
        deployment.start("processor")
    stop.set()
    for client in clients:
        client.join()
    deployment.wait_until_counted()
    query = deployment.http("query")
    for number, counts in enumerate(acknowledged):
        assert len(counts) > 20, "too few posts"
        found, _ = query.get_json("/v1/metrics", name=f"client {number}")
        assert [post["value"] for post in found] == counts, f"client {number}: {len(found)} of {len(counts)}"
    # While the processor is away its database answers the same.
    deployment.kill("processor")
    found, _ = query.get_json("/v1/metrics", name="client 0")
    assert len(found) == len(acknowledged[0])
    deployment.start("processor")
    return sum(map(len, acknowledged))


def main():
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    port = free_port()
    with Deployment(settings={"serve.listen": f"127.0.0.1:{port}"}) as deployment:
        deployment.ports["serve"] = port
        for process in ("processor", "serve", "ingest", "query"):
            deployment.start(process)
        address = deployment.http("serve")
        own_test(Client(address, address))
        client = Client(deployment.http("ingest"), deployment.http("query"))
        requests = replay(client)
        check_tags(client)
        check_long_lists(client)
        posts = post_through_kills(deployment, seed)
        counted = read_accounting(deployment.http("query"))
        assert counted["rejected"] == 0, counted
        print(f"the original's test, {requests} requests replayed, {posts} posts through 3 kills: all as posted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
