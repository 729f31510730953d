#!/usr/bin/python3
# ctest: timeout=300
"""The road map of KiloMetric (events to gauges, in Ruby) item by item, in its order: up to version 0.1, possible features, what
its worker must do, and what was left to do. Each function is one item, on a real broker."""

import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import zoneinfo

from confluent_kafka import Producer
from control import Control
from deployment import Deployment, free_port, wait_for
from replay import ANY, error, replay

PARTITIONS = 3
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
HOUR = 3_600_000
# The last and first days around both changes of Berlin's clock.
DAYS = ("2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26")
RULES = """
sources: [{topic: %s, post: true}]
time: {from: /_time, unit: s}
gauges:
  visits: {tick: 1d, timezone: Europe/Berlin}
  revenue: {tick: 1h}
  basket: {tick: 1w}
  jobs: {tick: 1mo}
events:
  - on: pageview
    labels: {page: {from: /page, in: [start, shop], else: other}}
    do: [{incr: visits}]
  - on: order_placed
    do:
      - incr: {gauge: revenue, by: /amount}
      - set_value: {gauge: basket, value: /items/length}
      - observe: {timer: checkout_ms, value: {from: /took, optional: true}}
  - on: job
    do: [{incr: jobs}]
"""
IN_LINES = {"Content-Type": "application/x-ndjson"}


def midnight(day):
    return round(datetime.datetime.fromisoformat(day).replace(tzinfo=BERLIN).timestamp() * 1000)


def utc(text):
    return round(datetime.datetime.fromisoformat(text + "+00:00").timestamp() * 1000)


class KiloMetric:
    """What a user of it has: a folder with the configuration, a command, and a way to send events."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.topic = deployment.name + ".kilometric"
        self.control = Control(deployment, deployment.folder)
        self.producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 5})
        self.jobs = 0  # sent so far
        with open(self.path("rules.yaml"), "w", encoding="utf-8") as file:
            file.write(RULES % self.topic)

    def path(self, name):
        return f"{self.deployment.folder}/{name}"

    def http(self):
        return self.deployment.http("serve")

    def track(self, *events):
        """Puts events into the queue, straight."""
        for event in events:
            self.producer.produce(self.topic, json.dumps(event))
            self.producer.poll(0)
        assert self.producer.flush(60) == 0

    def track_jobs(self, count):
        """To all partitions in turn."""
        for _ in range(count):
            event = json.dumps({"_type": "job", "number": self.jobs})
            self.producer.produce(self.topic, event, partition=self.jobs % PARTITIONS)
            self.producer.poll(0)
            self.jobs += 1
        assert self.producer.flush(60) == 0

    def gauges(self, names, **query):
        values, _ = self.http().get_json("/gauges/" + names, **query)
        return values

    def source(self):
        """The account of the queue; None while it is not whole."""
        status, headers, body = self.http().get("/api/v1/accounting", require="complete")
        sources = json.loads(body)["sources"] if status == 200 else []
        return sources[0] if sources and len(sources[0]["partitions"]) == PARTITIONS else None

    def wait_until_counted(self):
        ends = dict(enumerate(self.deployment.ends(self.topic)))

        def counted():
            source = self.source()
            return source and {p["partition"]: p["next_offset"] for p in source["partitions"]} == ends and source

        return wait_for(f"{ends} to be counted", counted, 90)

    def check_jobs(self):
        """All that were sent are counted, once."""
        source = self.wait_until_counted()
        assert source["balanced"], source
        counted = sum(self.gauges("jobs")["jobs"].values())
        assert counted == self.jobs, f"{counted} jobs are counted instead of {self.jobs}"


class JobsAllTheTime:
    """A context in which jobs are sent, a few hundred each second."""

    def __init__(self, kilometric):
        self.kilometric = kilometric
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(0.02):
            self.kilometric.track_jobs(10)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


# --- the road map to version 0.1 ---


def events_are_put_into_the_queue(kilometric):
    """A program puts an event with its kind, its time and a value into a queue, and need not wait for who counts it."""
    kilometric.track({"_type": "order_placed", "_time": 1_500_000_000, "amount": 12.5, "items": [1, 2]})
    assert sum(kilometric.deployment.ends(kilometric.topic)) == 1


def a_worker_reads_its_configuration_here_and_counts(kilometric):
    """A worker in the background, started by a command, counts what waits in the queue, by the rules that it finds in the
    folder in which it was started."""
    output = kilometric.control("start", "processor", "serve")
    assert "processor: ready after " in output and "serve: ready after " in output, output
    kilometric.wait_until_counted()
    hour = 1_500_000_000_000 // HOUR * HOUR
    assert kilometric.gauges("revenue") == {"revenue": {str(hour): 12.5}}


def a_gauge_has_values_by_tick(kilometric):
    """The values of a gauge, each under the time of its tick, sorted by it; from a start to an end, or all. The ticks of a day
    are the days of a time zone, those of 23 and of 25 hours too."""
    lengths = {"2026-03-29": 23, "2026-10-25": 25}
    for day in DAYS:
        hours = range(lengths.get(day, 24))
        kilometric.track(*({"_type": "pageview", "_time": (midnight(day) + hour * HOUR) // 1000} for hour in hours))
    kilometric.wait_until_counted()
    days = [(str(midnight(day)), lengths.get(day, 24)) for day in DAYS]
    assert list(kilometric.gauges("visits")["visits"].items()) == days
    some = kilometric.gauges("visits", start="2026-03-29T12:00:00Z", end=midnight("2026-10-24"))
    assert list(some["visits"].items()) == days[1:4], some


def several_workers_at_once(kilometric):
    """More workers share the queue while events come: together they count each event once."""
    second = SecondWorker(kilometric)
    with JobsAllTheTime(kilometric):
        second.start()
        wait_for("the second worker to count", lambda: second.counted() > 0)
        second.stop()
    kilometric.check_jobs()


# --- possible future features ---


def posts():
    """Rows of a replay: events in, and what is none."""
    ok = {"id": ANY}
    rows = []
    for day in DAYS:
        for after_s, page in ((0, "start"), (3600, "shop"), (5400, "a page that nobody knows")):
            event = {"_type": "pageview", "_time": midnight(day) // 1000 + after_s, "page": page}
            rows.append(("POST /events", event, 200, ok))
    orders = ((0, 1), (1, 2.5), (3599, "7"), (3600, 0), (7200, -3), (7201, 2**53 + 1))
    for number, (after_s, amount) in enumerate(orders):
        order = {"_type": "order_placed", "_time": utc("2025-05-05T10:00") // 1000 + after_s, "amount": amount}
        rows.append(("POST /events", {**order, "items": ["x"] * number, "took": 10 * number}, 200, ok))
    text = {"_type": "order_placed", "_time": "2025-05-06T00:30:00+02:00", "amount": 4, "items": []}
    rows += [
        ("POST /events", text, 200, ok),
        ("POST /events", {"_type": "nobody counts it", "n": {"e": [1]}}, 200, ok),
        ("POST /events", '{"_type":"pageview","_time":1735689600}\n{"_type":"pageview","_time":1735689601}\n', 200,
         {"ids": [ANY, ANY]}, IN_LINES),
        ("POST /events", "\n", 200, {"ids": []}, IN_LINES),
        ("POST /events", '{"_type":"pageview","_time":1735689602}\n{"_type":"order_placed"}\n{', 400,
         {"error": {"code": "bad_items", "message": ANY, "items": [
             {"index": 1, "code": "bad_value", "message": ANY, "field": "/amount"},
             {"index": 2, "code": "malformed", "message": ANY}]}}, IN_LINES),
    ]  # fmt: skip
    order = {"_type": "order_placed", "items": []}
    for body, code, field in (
        ("", "malformed", None),
        ("{", "malformed", None),
        (b"\xff{}", "malformed", None),
        ("[]", "not_an_object", None),
        ('"pageview"', "not_an_object", None),
        ({}, ANY, "/_type"),
        ({"_type": ""}, ANY, "/_type"),
        ({"_type": 7}, ANY, "/_type"),
        ({"_type": None}, ANY, "/_type"),
        (order, "bad_value", "/amount"),
        ({**order, "amount": "much"}, "bad_value", "/amount"),
        ({**order, "amount": None}, "bad_value", "/amount"),
        ({**order, "amount": [1]}, "bad_value", "/amount"),
        ({**order, "amount": 1, "_time": "soon"}, "bad_timestamp", "/_time"),
        ({**order, "amount": 1, "_time": True}, "bad_timestamp", "/_time"),
        ({**order, "amount": 1, "_time": 4_102_444_800}, "from_the_future", "/_time"),
    ):
        rows.append(("POST /events", body, 400, error(code, field)))
    rows.append(("POST /events", {"_type": "pageview"}, 400, ANY, {"Idempotency-Key": "k"}))
    rows += [(f"{method} /events", None, 405, ANY) for method in ("GET", "PUT", "DELETE")]
    return rows


def exactly(values):
    """The text of the answer: its ticks are sorted, too."""
    return json.dumps(values, separators=(",", ":"))


def reads():
    """Rows of a replay: what gauges show once all events of this test so far are counted."""
    visits = {str(utc("2024-12-31T23:00")): 3}
    visits |= {str(midnight(day)): {"2026-03-29": 26, "2026-10-25": 28}.get(day, 27) for day in DAYS}
    hour = utc("2025-05-05T10:00")
    long_ago = 1_500_000_000_000
    revenue = {str(long_ago // HOUR * HOUR): 12.5, str(hour): 10.5, str(hour + HOUR): 0}
    revenue |= {str(hour + 2 * HOUR): 2**53 - 2, str(utc("2025-05-05T22:00")): 4}
    basket = {str(utc("2017-07-10")): 2, str(utc("2025-05-05")): 0}  # the last one of the week has none

    def part(values, first, last):
        return exactly({"visits": dict(list(values.items())[first:last])})

    march, october = midnight(DAYS[1]), midnight(DAYS[4])
    rows = [
        ("GET /gauges", None, 200, [
            {"name": "basket", "tick": "1w", "timezone": "UTC"}, {"name": "jobs", "tick": "1mo", "timezone": "UTC"},
            {"name": "revenue", "tick": "1h", "timezone": "UTC"},
            {"name": "visits", "tick": "1d", "timezone": "Europe/Berlin"}]),
        ("GET /gauges/visits", None, 200, exactly({"visits": visits})),
        ("GET /gauges/revenue", None, 200, exactly({"revenue": revenue})),
        ("GET /gauges/basket", None, 200, exactly({"basket": basket})),
        # From a tick's first to its last ms the tick is whole; one ms further comes the next.
        (f"GET /gauges/visits?start={march}&end={march}", None, 200, part(visits, 2, 3)),
        (f"GET /gauges/visits?start={march + 23 * HOUR - 1}&end={march + 23 * HOUR - 1}", None, 200, part(visits, 2, 3)),
        (f"GET /gauges/visits?start={march + 23 * HOUR - 1}&end={march + 23 * HOUR}", None, 200, part(visits, 2, 4)),
        (f"GET /gauges/visits?start={october + 25 * HOUR - 1}&end={october + 25 * HOUR}", None, 200, part(visits, 5, 7)),
        (f"GET /gauges/visits?start={march - 1}&end={march}", None, 200, part(visits, 1, 3)),
        (f"GET /gauges/visits?start={october}", None, 200, part(visits, 5, 7)),
        (f"GET /gauges/visits?end={march - 1}", None, 200, part(visits, 0, 2)),
        ("GET /gauges/visits?start=2026-03-29&end=2026-03-29", None, 200, part(visits, 2, 3)),
        ("GET /gauges/visits?start=2026-10-24T22:00:00Z&end=2026-10-25T22:59:59.999Z", None, 200, part(visits, 5, 6)),
        ("GET /gauges/visits?start=2026-10-25T00:00:00%2B02:00&end=2026-10-25", None, 200, part(visits, 5, 6)),
        ("GET /gauges/visits?start=2026-04-01&end=2026-05-01", None, 200, exactly({"visits": {}})),
        ("GET /gauges/visits?start=2026-10-26&end=2026-03-29", None, 200, exactly({"visits": {}})),
        ("GET /gauges/visits?start=-1&end=1", None, 200, exactly({"visits": {}})),
        ("GET /gauges/revenue?start=2025-05-05T10:59:59Z&end=2025-05-05T11:00:00Z", None, 200,
         exactly({"revenue": {str(hour): 10.5, str(hour + HOUR): 0}})),
        ("GET /gauges/basket?start=2025-05-11&end=2025-05-11", None, 200, exactly({"basket": {str(utc("2025-05-05")): 0}})),
        ("GET /gauges/jobs?end=2001-01-01", None, 200, exactly({"jobs": {}})),
        ("GET /gauges/v%69sits?end=0", None, 200, exactly({"visits": {}})),
        ("GET /gauges/visit", None, 404, error("not_found", message="no such gauge; the nearest is visits")),
        ("GET /gauges/visits,revenu", None, 404, error("not_found")),
        ("GET /gauges/checkout_ms", None, 404, error("not_found")),
        ("GET /gauges/visits,", None, 404, error("not_found")),
        ("POST /gauges", None, 405, error("method_not_allowed")),
        ("DELETE /gauges/visits", None, 405, error("method_not_allowed")),
        # A gauge is a metric like others: by its labels, by other periods, and a timer with its percentiles.
        ("GET /read?key=visits&type=counter", None, 200, {"name": "visits", "values": [
            {"from": ANY, "to": ANY, "value": sum(visits.values())}]}),
        ("GET /read?key=visits&type=counter&label.page=shop", None, 200, {"name": "visits", "values": [
            {"from": ANY, "to": ANY, "value": 6}]}),
        ("GET /read?key=visits&type=points&period=1d&timezone=Europe/Berlin", None, 200, {"name": "visits", "values": [
            {"from": int(start), "value": value} for start, value in visits.items()]}),
        ("GET /read?key=checkout_ms&type=timer", None, 200, {"name": "checkout_ms", "values": [
            {"from": hour, "to": hour + 7_201_000, "count": 6, "sum": 150, "min": 0, "max": 50, "mean": 25, "p50": ANY,
             "p75": ANY, "p95": ANY, "p99": ANY, "p999": ANY}]}),
        ("DELETE /data/metrics/visits", None, 409, error("counted_by_rules")),
    ]  # fmt: skip
    for bad in ("", "soon", "1.5", "2026-13-01"):
        rows += [(f"GET /gauges/visits?{field}={bad}", None, 400, error(field=field)) for field in ("start", "end")]
    return rows


def events_and_gauges_go_by_http_as_json(kilometric):
    """Who has no client of the queue posts events as JSON, one or a line each, and gets the values of gauges as JSON."""
    requests = replay(kilometric.http(), posts())
    kilometric.wait_until_counted()
    requests += replay(kilometric.http(), reads())
    assert requests >= 60, requests
    print(f"{requests} requests are answered as a client of KiloMetric would rely on")


def a_page_shows_charts(kilometric):
    """A page shows what is counted as charts, and is there as soon as a browser asks. How it draws is tested in a browser."""
    http = kilometric.http()
    status, headers, body = http.request("GET", "/", headers={"Accept": "text/html"})
    assert status == 200 and headers["content-type"].startswith("text/html"), (status, headers)
    parts = re.findall(r'(?:src|href)="([^"]+)"', body.decode())
    assert any(part.endswith(".js") for part in parts), body
    for part in parts:
        assert http.get("/" + part)[0] == 200, part
    # What its list and its charts are made of.
    records, _ = http.get_json("/data/metrics")
    assert {"visits", "revenue", "basket", "jobs", "checkout_ms"} <= {record["name"] for record in records}, records


def it_is_stored_and_found_again_without_a_database(kilometric):
    """A program with a database need not keep counts there, nor have a library: they are in the queue's own log. Here the
    disk of the worker is lost, too."""
    names = "visits,revenue,basket,jobs"
    before = kilometric.gauges(names)
    kilometric.control("stop", "serve", "processor")
    shutil.rmtree(kilometric.path("state"))
    kilometric.control("start", "processor", "serve")
    kilometric.wait_until_counted()
    assert kilometric.gauges(names) == before


# --- what the worker must do ---


def it_goes_on_for_ever(kilometric):
    """A worker that has nothing to do waits, and counts what comes later."""
    pid = kilometric.control.pid("processor")
    for _ in range(3):
        kilometric.check_jobs()
        time.sleep(1)
        kilometric.track_jobs(1)
    kilometric.check_jobs()
    assert kilometric.control.pid("processor") == pid


def it_runs_in_the_background(kilometric):
    """The command that has started a worker is over; the worker has no terminal, and no parent that waits for it."""
    with open(f"/proc/{kilometric.control.pid('processor')}/stat", encoding="utf-8") as file:
        _, parent, _, session, terminal = file.read().rpartition(")")[2].split()[:5]
    assert terminal == "0" and session != str(os.getsid(0)), (parent, session, terminal)
    assert parent != str(os.getpid()), parent


def asked_to_stop_it_finishes_what_it_is_at(kilometric):
    """A worker that is told to end counts what it has begun to, and then ends; the next one begins behind that."""
    deployment = kilometric.deployment
    with JobsAllTheTime(kilometric):
        time.sleep(0.5)
        output = kilometric.control("stop", "processor")
        assert "processor: stopped, pid " in output, output
        time.sleep(0.5)
    with open(f"{kilometric.control.run_dir}/processor.log", encoding="utf-8") as log:
        assert log.read().splitlines()[-1].endswith("stopped")
    # What it has counted and how far it has read agree; the events after that wait.
    done = deployment.committed(kilometric.topic)

    def counted_on_disk():
        source = kilometric.source()
        return source and [part["next_offset"] for part in source["partitions"]] == done

    wait_for(f"the disk to say {done}", counted_on_disk)
    assert sum(done) < sum(deployment.ends(kilometric.topic))
    kilometric.control("start", "processor")
    kilometric.check_jobs()


def start_and_stop_are_commands_with_a_pid_file(kilometric):
    """`start` leaves the worker's pid in a file, and `stop` ends the process that it names."""
    path, pid = kilometric.control.pid_file("processor"), kilometric.control.pid("processor")
    assert ("processor", pid) in kilometric.control.processes()
    kilometric.control("stop", "processor")
    assert not os.path.exists(path) and ("processor", pid) not in kilometric.control.processes()
    kilometric.control("start", "processor")
    assert kilometric.control.pid("processor") != pid
    kilometric.check_jobs()


def events_are_counted_side_by_side(kilometric):
    """Events are counted in parallel: partitions of the queue are shared out, and no two workers count one of them."""
    deployment = kilometric.deployment
    second = SecondWorker(kilometric)
    second.start()

    def counted():
        return [deployment.metric_sum(name, "odometer_events_consumed_total") for name in ("processor", second.name)]

    def both_count():
        kilometric.track_jobs(PARTITIONS)
        return min(now - then for now, then in zip(counted(), start))

    start = counted()
    wait_for("both to count", both_count)
    deployment.wait_until_counted(topic=kilometric.topic)
    start = counted()
    kilometric.track_jobs(100 * PARTITIONS)
    deployment.wait_until_counted(topic=kilometric.topic)
    shares = [now - then for now, then in zip(counted(), start)]
    assert sum(shares) == 100 * PARTITIONS and all(share in (100, 200) for share in shares), shares
    second.stop()
    kilometric.check_jobs()


# --- what was left to do ---


def the_configuration_has_its_own_tests(kilometric):
    """A configuration is checked, and tried on events, before any worker has it; and a mistake is found with its place."""
    output = run(kilometric, "rules", "check", "--file", "rules.yaml")
    assert all(name in output for name in ("visits", "revenue", "basket", "jobs", "checkout_ms")), output
    with open(kilometric.path("events.jsonl"), "w", encoding="utf-8") as file:
        file.write('{"_type":"order_placed","_time":1700000000,"amount":3,"items":[1,2]}\n')
    tried = run(kilometric, "rules", "try", "--file", "rules.yaml", "--events", "events.jsonl", "--json")
    events = [json.loads(line) for line in tried.splitlines()]
    assert [(event["name"], event["value"], event["ts"]) for event in events] == [
        ("revenue", 3, 1_700_000_000_000), ("basket", 2, 1_700_000_000_000)], events  # fmt: skip
    with open(kilometric.path("mistake.yaml"), "w", encoding="utf-8") as file:
        file.write(RULES.replace("incr: visits", "incrr: visits") % kilometric.topic)
    output = run(kilometric, "rules", "check", "--file", "mistake.yaml", code=2)
    assert re.search(r'mistake.yaml:\d+:\d+: no word "incrr" in "do"; the nearest is incr', output), output


def an_event_without_a_time_is_of_now(kilometric):
    """An event that says no time has happened now."""
    before = int(time.time() * 1000)
    replay(kilometric.http(), [
        ("POST /events", {"_type": "order_placed", "amount": 5, "items": []}, 200, {"id": ANY}),
        ("POST /events", {"_type": "order_placed", "_time": None, "amount": 6, "items": []}, 200, {"id": ANY}),
    ])  # fmt: skip
    kilometric.wait_until_counted()
    ticks = kilometric.gauges("revenue", start=before)["revenue"]
    assert sum(ticks.values()) == 11 and all(int(tick) + HOUR > before for tick in ticks), ticks


def several_gauges_are_asked_for_at_once(kilometric):
    """Several names give the values of each, in one answer and in the order of the question."""
    both = kilometric.gauges("visits,basket", start="2025-05-01", end="2026-03-29")
    apart = [kilometric.gauges(name, start="2025-05-01", end="2026-03-29") for name in ("visits", "basket")]
    assert both == apart[0] | apart[1] and list(both) == ["visits", "basket"], both
    assert list(kilometric.gauges("jobs,visits,jobs")) == ["jobs", "visits"]


def no_event_is_lost_when_a_worker_dies(kilometric):
    """A worker that is killed in the middle of its work loses no event, and none is counted twice."""
    for _ in range(3):
        with JobsAllTheTime(kilometric):
            time.sleep(0.7)
            os.kill(kilometric.control.pid("processor"), signal.SIGKILL)
            time.sleep(0.3)
        kilometric.control("start", "processor")
    kilometric.check_jobs()


class SecondWorker:
    """Of the same application, with a folder of its own."""

    name = "second"

    def __init__(self, kilometric):
        self.deployment = kilometric.deployment
        self.deployment.ports[self.name] = free_port()

    def start(self):
        settings = {
            "instance.id": self.deployment.name + "-2",
            "state.dir": self.deployment.folder + "/state-2",
            "processor.listen": f"127.0.0.1:{self.deployment.ports[self.name]}",
            "rules.file": self.deployment.folder + "/rules.yaml",
        }
        arguments = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
        self.deployment.start(self.name, *arguments, command="processor")

    def stop(self):
        self.deployment.stop(self.name)

    def counted(self):
        return self.deployment.metric_sum(self.name, "odometer_events_consumed_total")


def run(kilometric, *arguments, code=0):
    """What a command that needs no configuration prints."""
    done = subprocess.run(
        [kilometric.deployment.binary, *arguments], cwd=kilometric.deployment.folder, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=60, check=False)  # fmt: skip
    assert done.returncode == code, f"{arguments}: {done.returncode} instead of {code}: {done.stdout}"
    return done.stdout


ROAD_MAP = (
    events_are_put_into_the_queue,
    a_worker_reads_its_configuration_here_and_counts,
    a_gauge_has_values_by_tick,
    several_workers_at_once,
    events_and_gauges_go_by_http_as_json,
    a_page_shows_charts,
    it_is_stored_and_found_again_without_a_database,
    it_goes_on_for_ever,
    it_runs_in_the_background,
    asked_to_stop_it_finishes_what_it_is_at,
    start_and_stop_are_commands_with_a_pid_file,
    events_are_counted_side_by_side,
    the_configuration_has_its_own_tests,
    an_event_without_a_time_is_of_now,
    several_gauges_are_asked_for_at_once,
    no_event_is_lost_when_a_worker_dies,
)


def main():
    port = free_port()
    settings = {"serve.listen": f"127.0.0.1:{port}", "rules.file": "rules.yaml", "session.timeout": "6s"}
    with Deployment(partitions=1, settings=settings) as deployment:
        deployment.ports["serve"] = port
        kilometric = KiloMetric(deployment)
        deployment.create_topic(kilometric.topic, PARTITIONS)
        try:
            for item in ROAD_MAP:
                started = time.monotonic()
                item(kilometric)
                print(f"{time.monotonic() - started:5.1f} s  {item.__name__.replace('_', ' ')}", flush=True)
        except BaseException:
            print(kilometric.control.begin("logs", "-n", "40").communicate()[0])
            raise
        finally:
            kilometric.control.kill_everything()
    print(f"{len(ROAD_MAP)} items of KiloMetric's road map")


if __name__ == "__main__":
    main()
