#!/usr/bin/python3
# ctest: timeout=240
"""Events and readings outside the limits of a metric, on real processes: each becomes one alert, though the processor is killed
with -9 meanwhile; a reading is not judged once more as the event that counts it; a change of limits holds from then on."""

import json
import pathlib
import sys
import time

from confluent_kafka import Producer
from deployment import Deployment, wait_for
from jsonschema import Draft202012Validator
from oracle import read_topic

ALERT_SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "schemas/alert.v1.schema.json"
PARTITIONS = 2
KILLS = 4
EVENTS = 400  # between two kills


def post(deployment, method, target, body):
    status, _, answer = deployment.http("ingest").request(method, target, json.dumps(body),
                                                          {"Content-Type": "application/json"})
    assert status == 200, f"{method} {target}: {status} {answer!r}"
    return json.loads(answer)


def produce(deployment, values, name="TEMP", **more):
    producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 5})
    for index, value in enumerate(values):
        event = {"name": name, "type": "gauge", "value": value, **more}
        producer.produce(deployment.topic, json.dumps(event), partition=index % PARTITIONS)
        producer.poll(0)
    assert producer.flush(30) == 0


def alerts(deployment):
    """All that are committed."""
    topic = deployment.name + ".alerts"
    records = read_topic(deployment.broker, topic, len(deployment.ends(topic)))
    return [json.loads(value) for _, _, _, value, _ in records]


def wait_until_judged(deployment):
    """The processor knows a definition a moment after its create was answered; how many alerts there are then."""
    def judged():
        produce(deployment, [-1])
        deployment.wait_until_counted()
        return len(alerts(deployment))

    return wait_for("events to be judged", judged)


def check_events_through_kills(deployment, before):
    """What is outside becomes an alert, each once, in whatever order the partitions give."""
    outside = []
    for kill in range(KILLS):
        values = [kill * EVENTS + i + (1_000 if i % 4 == 0 else -100_000) for i in range(EVENTS)]
        outside += values
        produce(deployment, values)
        produce(deployment, [50] * 20)
        time.sleep(0.1 * kill)
        deployment.kill("processor")
        deployment.start("processor")
    deployment.wait_until_counted()
    found = alerts(deployment)[before:]
    assert sorted(alert["event"]["value"] for alert in found) == sorted(outside)
    assert len({alert["id"] for alert in found}) == len(outside)
    validator = Draft202012Validator(json.loads(ALERT_SCHEMA.read_text(encoding="utf-8")))
    for alert in found:
        validator.validate(alert)
        assert (alert["code"], alert["version"], alert["org"]) == ("TEMP", 1, "default"), alert
    return before + len(found)


def check_change(deployment, before):
    """Version 2 takes what version 1 did not; the processor knows it a moment after the answer."""
    post(deployment, "PUT", "/metric/TEMP", {"max_reading": 40})

    def judged_by_the_new_one():
        produce(deployment, [50])
        deployment.wait_until_counted()
        return alerts(deployment)[before:]

    new = wait_for("the new limits to hold", judged_by_the_new_one)
    assert {alert["version"] for alert in new} == {2} and {alert["event"]["value"] for alert in new} == {50}, new
    return before + len(new)


def check_reading(deployment, before):
    """One alert of a reading: none of the event that counts it."""
    post(deployment, "POST", "/metric/TEMP", {"reading": 77})

    def charted():
        deployment.wait_until_counted()
        points, _ = deployment.http("query").get_json("/read", key="TEMP", type="gauge", period=3600)
        return points["values"] and points["values"][-1]["value"] == 77

    wait_for("the reading to be counted", charted)
    readings = [alert for alert in alerts(deployment) if "reading" in alert]
    assert [alert["reading"] for alert in readings] == [77], readings
    assert len(alerts(deployment)) == before + 1


def main():
    with Deployment(partitions=PARTITIONS) as deployment:
        for name in ("processor", "ingest", "query"):
            deployment.start(name)
        wait_for("definitions", lambda: deployment.http("ingest").get("/metric/")[0] == 200)
        post(deployment, "POST", "/metric/", {"code": "TEMP", "name": "T", "min_reading": 0, "max_reading": 100})
        produce(deployment, [1_000], name="OTHER")

        count = wait_until_judged(deployment)
        count = check_events_through_kills(deployment, count)
        count = check_change(deployment, count)
        check_reading(deployment, count)
        total = deployment.metric_sum("processor", "odometer_alerts_total")
        assert total > 0, "counted"
        print(f"{KILLS} kills, {count + 1} alerts, each once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
