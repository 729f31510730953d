#!/usr/bin/python3
# ctest: timeout=300
"""Definitions and readings over HTTP on a real broker: a conversation of a Meterite client, two ingest processes that race
for the same codes, and kill -9 of the processor in the middle of it."""

import json
import pathlib
import sys
import threading
import time

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions
from deployment import Deployment, Http, free_port, wait_for
from jsonschema import Draft202012Validator

ALERT_SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "schemas/alert.v1.schema.json"


def ask(http, method, target, body=None, headers=None):
    """(status, JSON body)."""
    data = json.dumps(body) if body is not None and not isinstance(body, str) else body
    status, _, answer = http.request(method, target, data, headers)
    return status, json.loads(answer)


def ready(http):
    return ask(http, "GET", "/metric/")[0] == 200


def error_of(answer):
    (error,) = answer["detail"]
    return error["loc"], error["type"]


class Conversation:
    """With one ingest, over one connection."""

    def __init__(self, http):
        self.http = http
        self.asked = 0

    def expect(self, method, target, status, body=None, check=None, headers=None):
        """Asks, and holds the answer against `status` and `check`."""
        self.asked += 1
        got, answer = ask(self.http, method, target, body, headers)
        assert got == status, f"{method} {target} {body}: {got} {answer}"
        assert check is None or check(answer), f"{method} {target} {body}: {answer}"
        return answer


def detail(text):
    return lambda answer: answer == {"detail": text}


def error(location, kind):
    return lambda answer: error_of(answer) == (location, kind)


def check_creates(expect):
    expect("GET", "/metric/", 200, check=lambda a: a == [])
    expect("GET", "/metric/NONE", 404, check=detail("Metric not found"))
    created = expect("POST", "/metric/", 200, {"code": " temp_1 ", "name": "Temperature"})
    assert created == {
        "id": created["id"], "org": "default", "code": "TEMP_1", "name": "Temperature", "min_reading": -9999999,
        "max_reading": 9999999, "truncate_reading_to": None, "active": True, "current_reading": None,
        "current_reading_at": None, "last_reading": None, "last_reading_at": None, "meters": [],
    }, created
    expect("POST", "/metric/", 409, {"code": "TEMP_1", "name": "x"}, detail("Metric already registered"))
    expect("POST", "/metric/", 409, {"code": "temp_1", "name": "x"}, detail("Metric already registered"))
    expect("GET", "/metric/TEMP_1", 200, check=lambda a: a == created)
    expect("GET", "/metric/temp_1", 200, check=lambda a: a == created)
    expect("POST", "/metric/", 400, "{", detail("There was an error parsing the body"))
    expect("POST", "/metric/", 422, "", error(["body", "metric"], "value_error.missing"))
    expect("POST", "/metric/", 422, [1], error(["body", "metric"], "type_error.dict"))
    for field in ("code", "name"):
        body = {"code": "A", "name": "a"}
        del body[field]
        expect("POST", "/metric/", 422, body, error(["body", "metric", field], "value_error.missing"))
    for code in ("A-B", "A B", "Ä", "", "A/B"):
        expect("POST", "/metric/", 422, {"code": code, "name": "a"},
               error(["body", "metric", "code"], "value_error.str.regex"))
    for unit in ("fortnight", "Hour", 7):
        expect("POST", "/metric/", 422, {"code": "A", "name": "a", "truncate_reading_to": unit},
               error(["body", "metric", "truncate_reading_to"], "type_error.enum"))
    expect("POST", "/metric/", 422, {"code": "A", "name": "a", "min_reading": 5, "max_reading": 4},
           error(["body", "metric", "max_reading"], "value_error"))
    expect("POST", "/metric/", 422, {"code": "A", "name": "a", "min_reading": "low"},
           error(["body", "metric", "min_reading"], "type_error.integer"))
    expect("GET", "/metric/?limit=x", 422, check=error(["query", "limit"], "type_error.integer"))
    expect("GET", "/metric/?limit=-1", 422, check=error(["query", "limit"], "value_error.number.not_ge"))
    return created


def check_truncation(expect):
    units = {
        "second": "17:48:59", "minute": "17:48:00", "5_minute": "17:45:00", "10_minute": "17:40:00",
        "quarter_hour": "17:45:00", "half_hour": "17:30:00", "hour": "17:00:00", "day": "19", "week": "13",
        "month": "11-01", "quarter": "10-01", "half_year": "07-01", "year": "01-01",
    }
    for unit, cut in units.items():
        code = "U_" + unit.upper()
        expect("POST", "/metric/", 200, {"code": code, "name": unit, "truncate_reading_to": unit})
        day = f"2023-11-{cut}" if len(cut) == 2 else f"2023-{cut}" if len(cut) == 5 else "2023-11-19"
        written = f"{day}T{cut if ':' in cut else '00:00:00'}"
        expect("POST", "/metric/" + code, 200, {"reading": 1, "reading_at": "2023-11-19T18:48:59.5+01:00"},
               lambda a, written=written: a["reading_at"] == written)
    expect("GET", "/metric/?limit=3", 200, check=lambda a: len(a) == 3 and "meters" not in a[0])
    expect("GET", "/metric/", 200, check=lambda a: len(a) == 14)


def check_readings(expect):
    readings = "/metric/U_HOUR"
    expect("POST", readings, 200, {"reading": 5, "reading_at": "2023-11-19T17:59:59"})  # replaces the first
    expect("GET", readings, 200, check=lambda a: (
        a["current_reading"], a["current_reading_at"], a["last_reading"], a["last_reading_at"], len(a["meters"])
    ) == (5, "2023-11-19T17:00:00", 1, "2023-11-19T17:00:00", 1))
    expect("POST", readings, 200, {"reading": "6", "reading_at": 1700000000})
    expect("POST", readings, 200, {"reading": 7}, lambda a: a["recorded_at"][:13] == a["reading_at"][:13])
    expect("POST", readings, 422, {}, error(["body", "meter", "reading"], "value_error.missing"))
    expect("POST", readings, 422, {"reading": "many"}, error(["body", "meter", "reading"], "type_error.integer"))
    expect("POST", readings, 422, {"reading": 1, "reading_at": "soon"},
           error(["body", "meter", "reading_at"], "value_error.datetime"))
    expect("POST", "/metric/NONE", 404, {"reading": 1}, detail("Metric not found"))


def check_life(expect, created):
    expect("PUT", "/metric/TEMP_1", 200, {"name": "T", "min_reading": 0, "max_reading": 10},
           lambda a: (a["name"], a["min_reading"], a["max_reading"], a["id"]) == ("T", 0, 10, created["id"]))
    expect("PUT", "/metric/TEMP_1", 422, {"min_reading": 11}, error(["body", "metric", "max_reading"], "value_error"))
    expect("PUT", "/metric/NONE", 404, {"name": "T"})
    expect("POST", "/metric/TEMP_1", 200, {"reading": 11})
    expect("POST", "/metric/TEMP_1/activate", 409)
    expect("DELETE", "/metric/TEMP_1", 409)
    expect("POST", "/metric/TEMP_1/deactivate", 200, check=lambda a: a["active"] is False)
    expect("POST", "/metric/TEMP_1/deactivate", 409)
    expect("POST", "/metric/TEMP_1", 409, {"reading": 1})
    expect("POST", "/metric/NONE/activate", 404)
    expect("DELETE", "/metric/TEMP_1", 200, check=lambda a: a["id"] == created["id"])
    expect("DELETE", "/metric/TEMP_1", 404)
    expect("POST", "/metric/", 200, {"code": "TEMP_1", "name": "again"},
           lambda a: a["id"] != created["id"] and a["meters"] == [])
    key = {"Idempotency-Key": "k1"}
    for _ in range(3):
        expect("POST", "/metric/", 200, {"code": "ONCE", "name": "o"}, headers=key)
    expect("POST", "/metric/", 409, {"code": "ONCE", "name": "o"})


def check_effects(deployment):
    # Readings are counted as a gauge of the metric's code; the one outside the limits became an alert.
    def charted():
        points, _ = deployment.http("query").get_json("/read", key="U_HOUR", type="gauge", period=3600)
        return len(points["values"]) == 3 and points["values"]

    assert wait_for("readings to be counted", charted)[1]["value"] == 5
    (alert,) = read_topic(deployment, deployment.name + ".alerts")
    alert = json.loads(alert)
    Draft202012Validator(json.loads(ALERT_SCHEMA.read_text(encoding="utf-8"))).validate(alert)
    assert (alert["code"], alert["reading"], alert["max_reading"], alert["version"]) == ("TEMP_1", 11, 10, 2), alert
    accounting, _ = deployment.http("query").get_json("/api/v1/accounting")
    assert accounting["commands"]["balanced"] and accounting["commands"]["duplicate"] == 2, accounting["commands"]


def test_a_conversation():
    with Deployment(partitions=2) as deployment:
        for name in ("processor", "query", "ingest"):
            deployment.start(name)
        conversation = Conversation(deployment.http("ingest"))
        wait_for("definitions", lambda: ready(conversation.http))
        created = check_creates(conversation.expect)
        check_truncation(conversation.expect)
        check_readings(conversation.expect)
        check_life(conversation.expect, created)
        assert conversation.asked >= 60, conversation.asked
        check_effects(deployment)
        print(f"{conversation.asked} requests")


def read_topic(deployment, topic):
    consumer = Consumer({"bootstrap.servers": deployment.broker, "group.id": deployment.name + "-reader"})
    ends = deployment.ends(topic)
    consumer.assign([TopicPartition(topic, p, 0) for p in range(len(ends))])
    values = []
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is not None and not message.error():
            values.append(message.value())
    consumer.close()
    return values


def test_one_of_two_wins_also_when_the_processor_is_killed():
    rounds, kills = 60, 4
    with Deployment(partitions=2) as deployment:
        deployment.start("processor")
        deployment.start("ingest")
        port = free_port()
        deployment.ports["ingest2"] = port
        deployment.start("ingest2", "--listen", f"127.0.0.1:{port}", command="ingest")
        for name in ("ingest", "ingest2"):
            wait_for("definitions", lambda name=name: ready(deployment.http(name)))
        answers = {}
        barrier = threading.Barrier(2)

        def client(name):
            http = Http(deployment.ports[name], attempts=1)
            mine = answers[name] = []
            for i in range(rounds):
                barrier.wait(60)
                code = f"RACE_{i}"
                body = {"code": code, "name": name}
                mine.append(("create", code, ask_until_known(http, "/metric/", body, f"{name}-c{i}")))
                for n in range(2):
                    body = {"reading": i, "reading_at": 1700000000 + i * 10 + n + (5 if name == "ingest" else 0)}
                    mine.append(("read", code, ask_until_known(http, "/metric/" + code, body, f"{name}-r{i}-{n}")))

        failures = []

        def guarded(name):
            try:
                client(name)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(f"{name}: {error!r}")
                barrier.abort()

        threads = [threading.Thread(target=guarded, args=(name,)) for name in ("ingest", "ingest2")]
        for thread in threads:
            thread.start()
        for _ in range(kills):
            time.sleep(3)
            deployment.kill("processor")
            deployment.start("processor")
        for thread in threads:
            thread.join()
        assert not failures, failures

        for i in range(rounds):
            code = f"RACE_{i}"
            got = sorted(s for name in answers for what, c, (s, _) in answers[name] if what == "create" and c == code)
            assert got == [200, 409], f"{code}: {got}"
        for name in ("ingest", "ingest2"):
            http = deployment.http(name)
            for i in range(rounds):
                code = f"RACE_{i}"
                winner = next(a for n in answers for what, c, (s, a) in answers[n]
                              if what == "create" and c == code and s == 200)
                status, metric = ask(http, "GET", "/metric/" + code)
                assert status == 200 and metric["id"] == winner["id"] and metric["name"] == winner["name"], metric
                # Every reading that was answered 200 is there, and no other.
                wanted = sorted(a["reading_at"] for n in answers for what, c, (s, a) in answers[n]
                                if what == "read" and c == code and s == 200)
                assert sorted(m["reading_at"] for m in metric["meters"]) == wanted, f"{name} {code}"
        print(f"{rounds} races, {kills} kills")


def ask_until_known(http, target, body, key):
    """Asks again under the same key while the outcome is not known or nothing was written."""
    deadline = time.monotonic() + 90
    while True:
        status, answer = ask(http, "POST", target, body, {"Idempotency-Key": key})
        if status not in (503, 504):
            return status, answer
        assert time.monotonic() < deadline, f"{target}: {status} {answer}"
        time.sleep(0.1)


def test_a_commands_topic_that_grows_is_refused():
    with Deployment(partitions=1) as deployment:
        deployment.start("processor")
        deployment.start("ingest")
        http = deployment.http("ingest")
        wait_for("definitions", lambda: ready(http))
        assert ask(http, "POST", "/metric/", {"code": "A", "name": "a"})[0] == 200
        deployment.stop("processor")
        topic = deployment.name + ".commands"
        admin = AdminClient({"bootstrap.servers": deployment.broker})
        admin.create_partitions([NewPartitions(topic, 3)])[topic].result(30)
        deployment.start("processor", wait_ready=False)
        wait_for("the processor to stop", lambda: deployment.processes["processor"].poll() is not None)
        assert deployment.processes.pop("processor").returncode == 1
        assert "the number must not change" in deployment.log("processor")


def main():
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            started = time.monotonic()
            test()
            print(f"{name}: {time.monotonic() - started:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
