#!/usr/bin/python3
# ctest: timeout=240
"""Sets on a real broker: the same members come on all 3 partitions, while the processor is killed with -9; how many distinct
ones there are is told within 2 % by every route, and is the same number after a kill, from the store alone while the
processor is dead, and after the disk is lost."""

import json
import shutil
import subprocess
import sys
import time

from confluent_kafka import Producer
from deployment import Deployment

PARTITIONS = 3
MEMBERS = 40_000
SMALL = 300
MINUTE_MS = 60_000
BAD = ('""', "null", "true", "1.5", "[]", "18446744073709551616", '"' + "x" * 513 + '"')


def produce(deployment, numbers, start_ms):
    """Each member on two of the partitions, in one of three minutes; on the third, as a whole number, every 100th."""
    producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 5})

    def send(name, value, partition, ts, **more):
        event = {"name": name, "type": "set", "value": value, "ts": ts, **more}
        producer.produce(deployment.topic, json.dumps(event), partition=partition)
        producer.poll(0)

    for number in numbers:
        ts = start_ms + MINUTE_MS * (number * 3 // MEMBERS)
        for partition in (number % PARTITIONS, (number + 1) % PARTITIONS):
            send("visitors", str(number), partition, ts, labels={"page": f"p{partition}"})
        if number % 100 == 0:
            send("visitors", number, (number + 2) % PARTITIONS, ts, labels={"page": "p0"})
        if number < SMALL:
            for partition in range(PARTITIONS):
                send("few", f"user-{number}", partition, ts)
    assert producer.flush(60) == 0


def near(actual, expected, what):
    assert abs(actual - expected) <= 0.02 * expected, f"{what}: {actual} instead of {expected}"


def read(http, name, **query):
    values, _ = http.get_json("/read", key=name, type="set", **query)
    return values["values"]


def everything(deployment):
    """What each route tells of both sets."""
    http = deployment.http("query")
    return {
        "total": read(http, "visitors"),
        "older route": http.get_json("/metric", key="visitors", type="set")[0]["values"],
        "minutes": read(http, "visitors", period=60),
        "hours": read(http, "visitors", period=3600),
        "one page": read(http, "visitors", **{"label.page": "p1"}),
        "few": read(http, "few"),
        "records": http.get_json("/data/metrics")[0],
        "record": http.get_json("/data/metrics/visitors")[0],
    }


def check(answers, start_ms):
    total = answers["total"][0]
    near(total["value"], MEMBERS, "all")
    assert total["count"] == 2 * MEMBERS + MEMBERS // 100, total
    assert (total["from"], total["to"]) == (start_ms, start_ms + 2 * MINUTE_MS), total
    assert answers["older route"] == answers["total"]
    assert len(answers["minutes"]) == 3, answers["minutes"]
    for minute, answer in enumerate(answers["minutes"]):
        assert answer["from"] == start_ms + minute * MINUTE_MS, answer
        near(answer["value"], MEMBERS / 3, f"minute {minute}")
    assert sum(answer["count"] for answer in answers["hours"]) == total["count"], answers["hours"]
    near(answers["one page"][0]["value"], MEMBERS * 2 / 3, "one page")
    assert answers["few"][0]["value"] == SMALL and answers["few"][0]["count"] == SMALL * PARTITIONS, answers["few"]
    assert answers["record"] == {
        "name": "visitors", "type": "SET", "value": total["value"], "count": total["count"],
        "startTime": start_ms, "updateTime": start_ms + 2 * MINUTE_MS,
    }, answers["record"]
    assert {record["name"]: record["value"] for record in answers["records"]} == {
        "visitors": total["value"], "few": SMALL,
    }, answers["records"]


def check_bad(deployment):
    """What is no member is a dead letter, and over HTTP a 400."""
    producer = Producer({"bootstrap.servers": deployment.broker})
    before = sum(deployment.ends(deployment.name + ".dead-letters"))
    for value in BAD:
        producer.produce(deployment.topic, f'{{"name":"visitors","type":"set","value":{value}}}', partition=0)
    producer.produce(deployment.topic, '{"name":"visitors","type":"set"}', partition=0)
    assert producer.flush(30) == 0
    deployment.wait_until_counted()
    answer, _ = deployment.http("query").get_json("/api/v1/accounting")
    assert answer["rejected_by_reason"] == {"bad_value": len(BAD) + 1}, answer
    listed = subprocess.run(
        [deployment.binary, "dead-letters", "list", "--json", "--config", deployment.config],
        capture_output=True, text=True, timeout=60, check=True, env={"PATH": "/usr/bin:/bin"})
    reasons = [json.loads(line)["reason"] for line in listed.stdout.splitlines()]
    assert reasons[before:] == ["bad_value"] * (len(BAD) + 1), reasons
    ingest = deployment.http("ingest")
    for value in BAD:
        status, _, body = ingest.request("POST", "/ingest/metrics", f'{{"name":"visitors","type":"SET","value":{value}}}')
        assert status == 400 and json.loads(body)["error"]["code"] == "bad_value", (value, status, body)


def check_http(deployment):
    """Posted over HTTP, read by the command line, forgotten."""
    ingest = deployment.http("ingest")
    items = [{"level": "web", "name": "posted", "type": "SET", "value": value} for value in ("a", "b", "a", 7, "7")]
    status, headers, body = ingest.request("POST", "/ingest/metrics", json.dumps(items))
    assert status == 200, body
    offset = headers["x-odometer-offset"]
    told = subprocess.run(
        [deployment.binary, "get", "posted", "--type", "set", "--min-offset", offset,
         "--server", f"http://127.0.0.1:{deployment.ports['query']}"],
        capture_output=True, text=True, timeout=60, check=True, env={"PATH": "/usr/bin:/bin"})
    value = json.loads(told.stdout)["values"][0]
    assert (value["value"], value["count"]) == (3, 5), value
    query = deployment.http("query")
    status, _, body = query.request("POST", "/data/metrics/", json.dumps({"name": "x", "type": "SET", "value": 3}))
    assert status == 400 and json.loads(body)["error"]["field"] == "type", body
    status, headers, _ = query.request("DELETE", "/data/metrics/web.posted")
    assert status == 200
    values, _ = query.get_json("/read", key="posted", type="set", **{"min-offset": headers["x-odometer-offset"]})
    assert values["values"] == [], values


def main():
    start_ms = int(time.time() * 1000) // MINUTE_MS * MINUTE_MS - 10 * MINUTE_MS
    with Deployment(partitions=PARTITIONS) as deployment:
        deployment.start("processor")
        deployment.start("query")
        deployment.start("ingest")
        for part in range(4):
            produce(deployment, range(part * MEMBERS // 4, (part + 1) * MEMBERS // 4), start_ms)
            if part % 2 == 0:
                deployment.kill("processor")  # somewhere between two commits
                deployment.start("processor")
        deployment.wait_until_counted()
        answers = everything(deployment)
        check(answers, start_ms)

        deployment.kill("processor")
        assert everything(deployment) == answers, "from the store, while the processor is dead"
        deployment.start("processor")
        assert everything(deployment) == answers, "after a kill"

        deployment.kill("processor")
        deployment.stop("query")
        shutil.rmtree(deployment.folder + "/state")
        deployment.start("processor")
        deployment.start("query")
        deployment.wait_until_counted()
        assert everything(deployment) == answers, "after the disk was lost"

        check_bad(deployment)
        check_http(deployment)
        error = answers["total"][0]["value"] / MEMBERS - 1
        print(f"{MEMBERS} members on {PARTITIONS} partitions: {answers['total'][0]['value']} told, {error:+.2%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
