#!/usr/bin/python3
# ctest: timeout=420
"""`odometer rebuild` on a real broker: orders are counted anew by other rules while more arrive and queries are answered,
through kill -9 of the command and of the processor; then the counts are those of a computation of their own over the whole
topic, and nothing that was written because of a record is written a second time."""

import json
import os
import shutil
import signal
import sys
import threading
import time

from confluent_kafka.admin import AdminClient
from alerts_test import alerts, post, produce, wait_until_judged
from control import Control
from deployment import Deployment, free_port, require_environment, wait_for
from oracle import read_topic
from rules_test import FIRST_RULES, SECOND_RULES, Counts, Shop, compare, counter, source_of, use_rules, version_of
from rules_test import wait_until_source_counted, write_rules

METRIC = {"name": "Temperature", "code": "TEMP", "min_reading": 0, "max_reading": 100}


class Background:
    """Does something again and again, until it is told to end; what it fails with is raised then."""

    def __init__(self, what):
        self.what = what
        self.going = True
        self.error = None
        self.times = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while self.going:
                self.what()
                self.times += 1
                time.sleep(0.05)
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error

    def end(self):
        self.going = False
        self.thread.join()
        if self.error:
            raise self.error
        assert self.times > 10


def topics(deployment):
    return set(AdminClient({"bootstrap.servers": deployment.broker}).list_topics(timeout=30).topics)


def letters(deployment, topic=None):
    """Where the records of the dead letters were, sorted: a letter that stands twice is there twice."""
    topic = topic or deployment.name + ".dead-letters"
    records = read_topic(deployment.broker, topic, len(deployment.ends(topic)))
    return sorted((headers["odometer-topic"], int(headers["odometer-partition"]), int(headers["odometer-offset"]))
                  for _, _, _, _, headers in records)


def rejected_orders(shop):
    """By both rules."""
    return sorted(
        (shop.topic, *place) for place, order in shop.sent.items()
        if order["_type"] == "order_placed" and "payment" not in order
    )


def check_letters(deployment, shop, of_events):
    """Each rejected record has one, whichever generation has rejected it."""
    found = letters(deployment)
    assert [place for place in found if place[0] == shop.topic] == rejected_orders(shop)
    assert len(found) == len(rejected_orders(shop)) + of_events, found


def always_answered(deployment):
    """Never an error, and orders that were counted once are never fewer: both rules count each order."""
    most = [0]

    def ask():
        count = counter(deployment, "orders")
        assert count >= most[0] or not count, (count, most)
        most[0] = max(most[0], count)

    return Background(ask)


def generation(deployment):
    with open(deployment.folder + "/state/generation", encoding="utf-8") as file:
        return file.read().splitlines()


def until_said(process, text):
    """What the command has printed, up to the line that has this text."""
    printed = ""
    for line in process.stdout:
        print(line, end="")
        printed += line
        if text in line:
            return printed
    raise AssertionError(f"it has ended without: {text}")


def killed_once_it_says(control, text):
    """kill -9 of the command. Another one is refused meanwhile."""
    process = control.begin("rebuild")
    until_said(process, text)
    if "counted from" in text:
        assert "another `odometer rebuild` runs" in control("rebuild", code=1)
    process.kill()
    print(process.communicate()[0])


def kill_processor(control):
    os.kill(control.pid("processor"), signal.SIGKILL)
    control("start", "processor")


def check_old_state_is_whole(deployment, control, shop, old_version):
    """After the command was killed: the old generation is in use, and goes on counting; by the new rules, too, where
    the processor was stopped for the switch."""
    assert not os.path.exists(deployment.folder + "/state/generation")
    control("start", "processor")
    shop.send(50)
    wait_until_source_counted(deployment, shop.topic)
    source = source_of(deployment, shop.topic)
    histories = {p["partition"]: p["rules"] for p in source["partitions"]}
    expected = Counts()
    for (partition, offset), order in shop.sent.items():
        version = next(rule["version"] for rule in reversed(histories[partition]) if rule["from_offset"] <= offset)
        expected.add(order, 2 if version == old_version else 1, (partition, offset))
    assert {key: source[key] for key in expected.accounting} == expected.accounting, source
    for name, value in expected.counters.items():
        assert counter(deployment, name) == value, name


def events_counted(deployment):
    """The input topic, whichever generation counts it."""
    ends = dict(enumerate(deployment.ends()))

    def counted():
        status, _, body = deployment.http("query").get("/api/v1/accounting")
        return status == 200 and {p["partition"]: p["next_offset"] for p in json.loads(body)["partitions"]} == ends

    wait_for(f"events to be counted to {ends}", counted)


def counted_before(deployment, control, shop):
    """What there is when the rules change: orders, a metric with limits, readings, alerts, dead letters."""
    control("start", "processor", "query", "ingest")
    wait_for("definitions", lambda: deployment.http("ingest").get("/metric/")[0] == 200)
    metric = post(deployment, "POST", "/metric/", METRIC)
    assert metric["code"] == "TEMP", metric
    wait_until_judged(deployment)
    produce(deployment, [1_000, 50, 2_000])
    produce(deployment, [{}], name="broken")  # rejected
    post(deployment, "POST", "/metric/TEMP", {"reading": 500})
    shop.send(3_000)
    wait_until_source_counted(deployment, shop.topic)
    events_counted(deployment)
    check_letters(deployment, shop, 1)


def check_rebuild_by_other_rules(deployment, control, shop):
    counted_before(deployment, control, shop)
    first = version_of(deployment, shop.topic)
    written = (len(alerts(deployment)), deployment.ends())
    gauge = record_of_gauge(deployment)
    write_rules(deployment, FIRST_RULES, shop.topic)
    for text in ("counted from", "task open", "caught up"):
        killed_once_it_says(control, text)
        check_old_state_is_whole(deployment, control, shop, first)
    sending, asking = Background(lambda: shop.send(20)), always_answered(deployment)
    process = control.begin("rebuild")
    until_said(process, "goes on with generation 2")
    kill_processor(control)
    until_said(process, "processor: stopped")
    process.kill()
    print(process.communicate()[0])
    with open(deployment.folder + "/state/rebuild", encoding="utf-8") as file:
        in_the_switch = file.read()
    output = control("rebuild")
    time.sleep(0.5)
    sending.end()
    asking.end()
    assert "generation 2 is in use" in output, output
    check_killed_before_the_folder_knows(deployment, control, shop, in_the_switch)
    wait_until_source_counted(deployment, shop.topic)
    events_counted(deployment)
    second = version_of(deployment, shop.topic)
    assert second != first
    for partition in source_of(deployment, shop.topic)["partitions"]:
        assert [(rule["version"], rule["from_offset"]) for rule in partition["rules"]] == [(second, 0)], partition
    expected = compare(deployment, shop, [second])
    assert record_of_gauge(deployment) == gauge
    assert (len(alerts(deployment)), deployment.ends()) == written
    check_letters(deployment, shop, 1)
    meanwhile = set(letters(deployment, deployment.name + ".2-dead-letters"))
    assert meanwhile and meanwhile <= set(letters(deployment)), "what was rejected while it was built"
    assert expected.accounting["rejected"] == len(rejected_orders(shop))
    return second, len(alerts(deployment))


def check_killed_before_the_folder_knows(deployment, control, shop, in_the_switch):
    """Kafka has the decision and the folder has not, as after a kill between the two."""
    switched = ["generation 2", "old 1", "old-source " + shop.topic]
    assert generation(deployment) == switched
    control("stop", "processor")
    os.remove(deployment.folder + "/state/generation")
    with open(deployment.folder + "/state/rebuild", "w", encoding="utf-8") as file:
        file.write(in_the_switch)
    output = control("rebuild")
    assert "generation 2 is in use" in output and "processor: ready" in output
    assert generation(deployment) == switched
    assert not os.path.exists(deployment.folder + "/state/rebuild")


def record_of_gauge(deployment):
    """The readings' gauge: how many events it has."""
    values, _ = deployment.http("query").get_json("/data/metrics/TEMP")
    return values


def check_what_is_written_afterwards(deployment, shop, alerts_before):
    """The new generation writes what comes now, and only that."""
    produce(deployment, [3_000])
    produce(deployment, [{}], name="broken")
    post(deployment, "POST", "/metric/TEMP", {"reading": 7})
    shop.send(200)
    wait_until_source_counted(deployment, shop.topic)
    events_counted(deployment)
    wait_for("the alert", lambda: len(alerts(deployment)) > alerts_before)
    assert len(alerts(deployment)) == alerts_before + 1
    check_letters(deployment, shop, 2)


def check_forgotten_and_lost(deployment, control, shop, version):
    old = f"{deployment.name}-{shop.topic}-totals-changelog"
    assert old in topics(deployment)
    assert "generation 1 is still kept" in control("rebuild", code=2)
    control("rebuild", "--forget-old")
    assert not os.path.exists(deployment.folder + "/state/db")
    assert generation(deployment) == ["generation 2"]
    wait_for("the old changelogs to go", lambda: old not in topics(deployment))
    assert f"{deployment.name}-{deployment.name}.commands-definitions-changelog" in topics(deployment)
    compare(deployment, shop, [version])
    # A state.dir that was lost: Kafka knows which generation is in use.
    control("stop")
    shutil.rmtree(deployment.folder + "/state")
    control("start", "processor", "query")
    assert generation(deployment)[0] == "generation 2"
    wait_until_source_counted(deployment, shop.topic)
    compare(deployment, shop, [version])


def check_from_and_abandon(deployment, control, shop):
    control("rebuild", "--forget-old")
    place = f"{shop.topic}/0@100"
    assert "write earliest" in control("rebuild", "--from", "soon", code=2)
    assert "was not counted yet" in control("rebuild", "--from", f"{shop.topic}/0@100000000", code=2)
    assert "neither a partition" in control("rebuild", "--from", deployment.name + ".commands/0@0", code=2)
    assert "nothing is being rebuilt" in control("rebuild", "--abandon", code=2)
    process = control.begin("rebuild", "--from", place)
    wait_for("a rebuild", lambda: os.path.exists(deployment.folder + "/state/generation-3/db"))
    process.send_signal(signal.SIGTERM)
    print(process.communicate()[0])
    assert "is half done" in control("rebuild", "--from", "earliest", code=2)
    write_rules(deployment, SECOND_RULES, shop.topic)
    assert "by other rules" in control("rebuild", code=2)
    write_rules(deployment, FIRST_RULES, shop.topic)
    control("rebuild", "--abandon")
    assert not os.path.exists(deployment.folder + "/state/generation-3")
    assert generation(deployment)[0] == "generation 2"
    output = control("rebuild", "--from", place)
    wait_until_source_counted(deployment, shop.topic)
    source = source_of(deployment, shop.topic)
    left = {p["partition"]: p["next_offset"] for p in source["partitions"]}
    assert source["consumed"] == sum(left.values()) - 100, (source, output)
    control("rebuild", "--forget-old")
    check_restarted_by_somebody_else(deployment, control, shop)
    check_from_time_without_processor(deployment, control, shop)


def check_restarted_by_somebody_else(deployment, control, shop):
    """A processor that `odometer start` has not started is waited for, and goes on with the new generation."""
    control("stop", "processor")
    deployment.start("processor")
    before = generation(deployment)
    process = control.begin("rebuild")
    until_said(process, "restart it now")
    shop.send(100)
    wait_until_source_counted(deployment, shop.topic)
    assert generation(deployment) == before
    deployment.stop("processor")
    deployment.start("processor")
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 0 and "the processor that is started next goes on with it" in output, output
    assert generation(deployment)[0] != before[0]
    shop.send(100)
    wait_until_source_counted(deployment, shop.topic)
    compare(deployment, shop, [version_of(deployment, shop.topic)])
    control("rebuild", "--forget-old")
    # Several instances.
    deployment.ports["second"] = free_port()
    settings = (f"instance.id={deployment.name}-2", f"state.dir={deployment.folder}/second",
                f"processor.listen=127.0.0.1:{deployment.ports['second']}")
    deployment.start("second", *(word for setting in settings for word in ("--set", setting)), command="processor")
    assert "1 other processors count for" in control("rebuild", code=1)
    deployment.stop("second")
    deployment.stop("processor")


def check_from_time_without_processor(deployment, control, shop):
    control("start", "processor")
    shop.send(40)
    time.sleep(0.2)
    time_ms = int(time.time() * 1000)
    time.sleep(0.2)
    shop.send(30)
    wait_until_source_counted(deployment, shop.topic)
    control("stop", "processor")
    shop.send(7)
    assert "the processor that is started next" in control("rebuild", "--from", str(time_ms))
    control("start", "processor")
    wait_until_source_counted(deployment, shop.topic)
    assert source_of(deployment, shop.topic)["consumed"] == 37


def main():
    require_environment("ODOMETER_BINARY", "ODOMETER_TEST_BROKER")
    with Deployment(partitions=2) as deployment:
        control = Control(deployment)
        topic = deployment.name + ".orders"
        use_rules(deployment)
        write_rules(deployment, SECOND_RULES, topic)
        deployment.create_topic(topic, 3)
        shop = Shop(deployment, topic, 3)
        with control:
            assert "nothing was counted yet" in control("rebuild", code=2)
            version, alerts_before = check_rebuild_by_other_rules(deployment, control, shop)
            check_what_is_written_afterwards(deployment, shop, alerts_before)
            check_forgotten_and_lost(deployment, control, shop, version)
            check_from_and_abandon(deployment, control, shop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
