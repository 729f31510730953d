#!/usr/bin/python3
# ctest: timeout=300
"""What the processor does on a real broker besides counting: bad records, late events, a state folder that is gone, an
input topic that grows, being asked to stop, at_least_once, and refusals."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions
from deployment import STOP_WITHIN_S, Deployment, wait_for
from oracle import aggregate, read_events, read_topic

FINITE_TIERS = {"tiers": [{"size": "1s", "retention": "1m"}, {"size": "1m", "retention": "1h"}], "totals": False}


def send(deployment, records, topic=None):
    """Each record: bytes, a dict, or (partition, bytes or dict)."""
    producer = Producer({"bootstrap.servers": deployment.broker})
    for record in records:
        partition, value = record if isinstance(record, tuple) else (0, record)
        value = value if isinstance(value, (bytes, type(None))) else json.dumps(value).encode()
        producer.produce(topic or deployment.topic, value, partition=partition)
        producer.poll(0)
    assert producer.flush(30) == 0


def total(deployment, key, **query):
    values, _ = deployment.http("query").get_json("/read", key=key, type="counter", **query)
    return sum(value["value"] for value in values["values"])


def read_all(deployment, topic):
    """[(headers, value)] of a topic's records."""
    consumer = Consumer({"bootstrap.servers": deployment.broker, "group.id": deployment.name + "-letters"})
    ends = deployment.ends(topic)
    consumer.assign([TopicPartition(topic, p, 0) for p in range(len(ends))])
    found = []
    deadline = time.monotonic() + 30
    while len(found) < sum(ends) and time.monotonic() < deadline:
        message = consumer.poll(0.5)
        if message is None:
            # Ends count the transactions' own records too, which are never delivered.
            if found:
                break
            continue
        assert not message.error(), message.error()
        found.append(({name: value.decode() for name, value in message.headers() or []}, message.value()))
    consumer.close()
    return found


def test_bad_records_become_dead_letters_and_the_rest_counts():
    deep = b'{"name":"a","x":' + b"[" * 40 + b"]" * 40 + b"}"
    bad = {
        "malformed": [b"nonsense", b'{"name":"a","value":NaN}', b'{"name":"\xff"}', b'{"name":"a","value":1e999}'],
        "not_an_object": [b"[1]"],
        "missing_name": [b'{"value":1}', b'{"name":""}'],
        "bad_name": [{"name": "n" * 513}],
        "bad_value": [{"name": "a", "value": "1"}, {"name": "a", "value": None}],
        "bad_type": [{"name": "a", "type": "histogram"}],
        "bad_labels": [{"name": "a", "labels": {f"l{i}": "v" for i in range(65)}}],
        "bad_timestamp": [{"name": "a", "ts": "yesterday"}],
        "from_the_future": [{"name": "a", "ts": int(time.time() * 1000) + 600_000}],
        "too_deep": [deep],
    }
    with Deployment() as deployment:
        deployment.start("processor")
        deployment.start("query")
        originals = []
        for reason, records in bad.items():
            for record in records:
                original = record if isinstance(record, bytes) else json.dumps(record).encode()
                originals.append((reason, original))
                send(deployment, [original, {"name": "good", "value": 2}])
        deployment.wait_until_counted()
        assert total(deployment, "good") == 2 * len(originals)
        assert total(deployment, "a") == 0

        letters = read_all(deployment, deployment.name + ".dead-letters")
        assert sorted((headers["odometer-reason"], value) for headers, value in letters) == sorted(originals)
        for headers, value in letters:
            assert headers["odometer-topic"] == deployment.topic
            assert int(headers["odometer-offset"]) % 2 == 0, headers
        deployment.expect_metric("processor", "odometer_events_consumed_total", 2 * len(originals))
        deployment.expect_metric("processor", "odometer_events_applied_total", len(originals))
        metrics = deployment.metrics("processor")
        for reason, records in bad.items():
            rejected = sum(v for k, v in metrics.items() if "rejected" in k and f'reason="{reason}"' in k)
            assert rejected == len(records), f"{reason}: {rejected}"
        accounting, _ = deployment.http("query").get_json("/api/v1/accounting")
        assert accounting["rejected_by_reason"] == {reason: len(records) for reason, records in bad.items()}, accounting
        assert accounting["consumed"] == 2 * len(originals) and accounting["balanced"], accounting


def test_a_letter_is_cut_to_what_the_processor_sends():
    kafka = {"bootstrap.servers": os.environ["ODOMETER_TEST_BROKER"], "message.max.bytes": "20000"}
    with Deployment(partitions=1, settings={"kafka": kafka}) as deployment:
        deployment.start("processor")
        deployment.start("query")
        send(deployment, [b"x" * 50_000, b"y" * 10_000, {"name": "good"}])
        deployment.wait_until_counted()
        assert total(deployment, "good") == 1
        (cut_headers, cut), (whole_headers, whole) = read_all(deployment, deployment.name + ".dead-letters")
        assert cut_headers["odometer-cut"] == "key=0 value=50000 headers=0", cut_headers
        assert 19_000 < len(cut) < 20_000 and cut.strip(b"x") == b"", len(cut)
        assert whole == b"y" * 10_000 and "odometer-cut" not in whole_headers, whole_headers


def test_events_are_late_only_past_every_tier():
    now = int(time.time() * 1000)
    with Deployment(partitions=1, settings=FINITE_TIERS) as deployment:
        deployment.start("processor")
        deployment.start("query")
        minute = 60_000
        start = (now - 10 * minute) // minute * minute
        send(deployment, [{"name": "x", "value": 1, "ts": start}])
        send(deployment, [{"name": "x", "value": 2, "ts": start + 30 * minute - 25 * minute}])
        send(deployment, [{"name": "x", "value": 4, "ts": start}])  # past the finest tier, not past the other
        send(deployment, [{"name": "x", "value": 8, "ts": start - 120 * minute}])  # past both
        deployment.wait_until_counted()
        points, _ = deployment.http("query").get_json("/read", key="x", type="points", period=60)
        assert points["values"] == [{"from": start, "value": 5}, {"from": start + 5 * minute, "value": 2}], points
        deployment.expect_metric("processor", "odometer_events_late_total", 1)
        deployment.expect_metric("processor", "odometer_events_applied_total", 3)


def check_against_oracle(deployment):
    counted = read_events(read_topic(deployment.broker, deployment.topic, len(deployment.ends())))
    for (_, _, name), windows in aggregate(counted, 0).items():
        assert total(deployment, name) == windows[0].total, name
    for (_, _, name), windows in aggregate(counted, 60_000).items():
        points, _ = deployment.http("query").get_json("/read", key=name, type="points", period=60)
        expected = [{"from": start, "value": int(window.total)} for start, window in sorted(windows.items())]
        assert points["values"] == expected, name


def events(count, first=0):
    now = int(time.time() * 1000)
    return [(i % 2, {"name": f"c{i % 50}", "value": i, "ts": now - i * 7}) for i in range(first, first + count)]


def test_a_lost_state_folder_is_restored_from_the_changelogs():
    with Deployment(partitions=2) as deployment:
        deployment.start("processor")
        deployment.start("query")
        send(deployment, events(5000))
        deployment.wait_until_counted()
        deployment.stop("processor")
        deployment.stop("query")
        shutil.rmtree(deployment.folder + "/state")
        deployment.start("processor")
        deployment.start("query")
        # Of both topics, events and commands.
        assert deployment.metrics("processor")['odometer_restores_total{kind="full"}'] == 4
        assert deployment.metric_sum("processor", "odometer_restore_last_records") > 0
        check_against_oracle(deployment)
        send(deployment, events(1000, first=5000))
        deployment.wait_until_counted()
        check_against_oracle(deployment)
        deployment.expect_metric("processor", "odometer_events_consumed_total", 1000)


def test_what_is_sent_again_with_its_id_counts_once():
    batch = [{"name": f"b{i}", "type": "COUNTER", "value": 1} for i in range(100)]
    with Deployment(partitions=2) as deployment:

        def send_all():
            http = deployment.http("ingest")
            for i in range(100):
                status, _, body = http.request("GET", f"/track?key=k{i}", headers={"Idempotency-Key": f"request-{i}"})
                assert status == 204, body
            headers = {"Idempotency-Key": "batch", "Content-Type": "application/json"}
            status, _, body = http.request("POST", "/ingest/metrics", json.dumps(batch), headers)
            assert status == 200, body
            send(deployment, [(i % 2, {"name": "own", "id": str(i)}) for i in range(100)])

        def check():
            deployment.wait_until_counted()
            assert total(deployment, "own") == 100
            for i in range(100):
                assert total(deployment, f"k{i}") == 1, i
                assert total(deployment, f"b{i}") == 1, i

        for name in ("processor", "query", "ingest"):
            deployment.start(name)
        send_all()
        check()
        deployment.kill("processor")
        deployment.start("processor")
        send_all()
        check()
        deployment.expect_metric("processor", "odometer_events_duplicate_total", 300)
        deployment.stop("processor")
        deployment.stop("query")
        shutil.rmtree(deployment.folder + "/state")
        deployment.start("processor")
        deployment.start("query")
        send_all()
        check()
        deployment.expect_metric("processor", "odometer_events_duplicate_total", 300)


def test_series_past_a_limit_are_folded_and_their_org_is_named():
    with Deployment(partitions=1, settings={"limits.series.per.org": 10}) as deployment:
        for name in ("processor", "query"):
            deployment.start(name)
        send(deployment, [{"name": "quiet", "org": "small"}])
        send(deployment, [{"name": "flood", "labels": {"user": str(i)}} for i in range(500)])
        send(deployment, [{"name": "flood", "labels": {"user": "3"}}])
        deployment.wait_until_counted()
        assert total(deployment, "flood") == 11
        assert total(deployment, "__overflow__") == 490
        answer, _ = deployment.http("query").get_json("/api/v1/status/cardinality", require="complete")
        assert answer["tasks"] == [{"partition": 0, "series": 11, "overflowed": 490}], answer
        assert answer["names"][0] == {"org": "default", "name": "flood", "series": 10}, answer
        assert answer["overflowing"] == [{"org": "default", "events": 490}], answer
        overflowed = deployment.metrics("processor")
        assert overflowed['odometer_events_overflowed_total{partition="0",reason="series_per_org"}'] == 490
        deployment.kill("processor")
        deployment.start("processor")
        send(deployment, [{"name": "flood", "labels": {"user": user}} for user in ("3", "499")])
        deployment.wait_until_counted()
        assert total(deployment, "flood") == 12
        assert total(deployment, "__overflow__") == 491


def test_a_growing_input_topic_is_followed():
    with Deployment(partitions=2) as deployment:
        deployment.start("processor")
        deployment.start("query")
        send(deployment, events(500))
        deployment.wait_until_counted()
        admin = AdminClient({"bootstrap.servers": deployment.broker})
        admin.create_partitions([NewPartitions(deployment.topic, 3)])[deployment.topic].result(30)

        def grown():
            try:
                return len(deployment.ends()) == 3
            except KafkaException:
                return False  # while the new partition has no leader

        wait_for("the broker to know the new partition", grown)
        send(deployment, [(2, {"name": "new", "value": 7})])
        deployment.wait_until_counted()
        # The other tasks are opened anew, with a producer that knows the new partition.
        complete = {"key": "new", "type": "counter", "require": "complete"}
        wait_for("all partitions to be covered", lambda: deployment.http("query").get("/read", **complete)[0] == 200)
        check_against_oracle(deployment)


def test_a_re_created_input_topic_stops_it_though_it_has_grown_past_what_was_counted():
    with Deployment(partitions=2) as deployment:
        deployment.start("processor")
        send(deployment, events(20))
        deployment.wait_until_counted()
        deployment.stop("processor")
        admin = AdminClient({"bootstrap.servers": deployment.broker})
        admin.delete_topics([deployment.topic])[deployment.topic].result(30)
        wait_for("the topic to be gone", lambda: deployment.topic not in admin.list_topics(timeout=30).topics)
        deployment.create_topic(deployment.topic, 2)
        send(deployment, events(200))
        deployment.start("processor", wait_ready=False)
        code, _ = deployment.ended("processor", 60)
        assert code == 1, code
        assert "the topic was re-created. To count what it holds now, use another application name" in deployment.log("processor")


def ask_to_stop(deployment):
    """SIGTERM; it must end by itself, in time and with success."""
    deployment.processes["processor"].send_signal(signal.SIGTERM)
    code, took_s = deployment.ended("processor", STOP_WITHIN_S)
    print(f"asked to stop: ended after {took_s:.1f} s with {code}")
    assert code == 0, code


def wait_until_all_is_taken_in(deployment):
    """What a processor has counted and not committed no longer grows, by three measurements of its own."""
    measurements = []

    def steady():
        metrics = deployment.metrics("processor")
        measured_at = sum(value for key, value in metrics.items() if key.startswith("odometer_lag_seconds"))
        if not measurements or measurements[-1][0] != measured_at:
            measurements.append((measured_at, metrics["odometer_overlay_bytes"]))
        latest = [taken for _, taken in measurements[-3:]]
        return len(latest) == 3 and latest[0] == latest[2] > 0

    wait_for("the processor to have taken in what there is", steady)


def test_asked_to_stop_while_it_counts_it_commits_what_it_has_taken_in():
    first, second = 20_000, 30_000
    # The only commit is the one at the end.
    with Deployment(partitions=2, settings={"commit.interval": "1h", "commit.max.interval": "1h"}) as deployment:
        deployment.start("processor")
        send(deployment, events(first))
        wait_until_all_is_taken_in(deployment)
        assert deployment.committed() == [0, 0], deployment.committed()
        sender = threading.Thread(target=send, args=(deployment, events(second, first=first)))
        sender.start()
        wait_for("more events", lambda: sum(deployment.ends()) > first)
        ask_to_stop(deployment)
        committed = deployment.committed()
        sender.join()
        print(f"committed at the end: {committed} of {deployment.ends()}")
        assert all(offset >= first / 2 for offset in committed), committed

        deployment.start("query")
        accounting, _ = deployment.http("query").get_json("/api/v1/accounting")
        assert accounting["balanced"] and accounting["applied"] == sum(committed), (accounting, committed)
        mark = deployment.log_mark("processor")
        deployment.start("processor", "--set", "commit.interval=100ms")
        opened = [line for line in deployment.log("processor", mark).splitlines() if "task open" in line]
        assert len(opened) == 4 and all("restored_records=0 " in line for line in opened), opened
        deployment.wait_until_counted()
        check_against_oracle(deployment)
        deployment.expect_metric("processor", "odometer_events_consumed_total", first + second - sum(committed))


def test_asked_to_stop_while_it_restores_it_ends_in_time():
    count = 80_000
    with Deployment(partitions=1) as deployment:
        deployment.start("processor")
        send(deployment, [event | {"labels": {"i": str(i)}} for i, (_, event) in enumerate(events(count))])
        deployment.wait_until_counted()
        deployment.stop("processor")
        shutil.rmtree(deployment.folder + "/state")
        mark = deployment.log_mark("processor")
        deployment.start("processor", wait_ready=False)
        restored = f"partition={deployment.topic}/0"
        wait_for("a restore", lambda: f"restoring {restored}" in deployment.log("processor", mark), interval_s=0.01)
        ask_to_stop(deployment)
        assert f"task open {restored}" not in deployment.log("processor", mark), "it was asked to stop too late"

        deployment.start("processor")
        deployment.start("query")
        deployment.wait_until_counted()
        check_against_oracle(deployment)
        accounting, _ = deployment.http("query").get_json("/api/v1/accounting", require="complete")
        assert accounting["balanced"] and accounting["consumed"] == accounting["applied"] == count, accounting


def test_at_least_once_counts_all_when_nothing_fails():
    with Deployment(partitions=2, settings={"processing.guarantee": "at_least_once"}) as deployment:
        deployment.start("processor")
        deployment.start("query")
        send(deployment, events(2000))
        deployment.wait_until_counted()
        deployment.stop("processor")
        deployment.start("processor")
        send(deployment, events(500, first=2000))
        deployment.wait_until_counted()
        check_against_oracle(deployment)


def refusal(deployment, config=None):
    """What a processor that must not start says."""
    command = [deployment.binary, "processor", "--config", config or deployment.config]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode != 0, done
    return done.stdout + done.stderr


def test_it_refuses_what_would_make_numbers_wrong():
    with Deployment(partitions=1, settings={"session.timeout": "6s"}) as deployment:
        deployment.start("processor")
        send(deployment, [{"name": "a"}])
        deployment.wait_until_counted()
        deployment.stop("processor")

        def variant(**settings):
            with open(deployment.config, encoding="utf-8") as file:
                config = json.load(file) | settings
            path = deployment.folder + "/variant.yaml"
            with open(path, "w", encoding="utf-8") as file:
                json.dump(config, file)
            return path

        assert "belongs to application" in refusal(deployment, variant(application="another"))
        assert "tiers" in refusal(deployment, variant(**FINITE_TIERS))
        no_topic = variant(topics={"events": deployment.name + ".none"}, **{"state.dir": deployment.folder + "/other"})
        assert "does not exist" in refusal(deployment, no_topic)

        # The group's offsets changed behind its back.
        consumer = Consumer({"bootstrap.servers": deployment.broker, "group.id": deployment.name})

        def offsets_changed():
            try:
                return consumer.commit(offsets=[TopicPartition(deployment.topic, 0, 0)], asynchronous=False)
            except KafkaException:
                return None  # while the stopped processor, a static member, still counts as one

        wait_for("the group to be empty", offsets_changed, interval_s=1)
        consumer.close()
        assert "somebody has changed the group's offsets" in refusal(deployment)


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    for name, test in tests:
        started = time.monotonic()
        print(f"{name} …")
        test()
        print(f"{name}: passed ({time.monotonic() - started:.1f} s)")
    print(f"{len(tests)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
