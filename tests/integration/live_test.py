#!/usr/bin/python3
# ctest: timeout=300
"""Live clients of real processes: events in order, resumed without gap or repetition; a thousand WebSockets; a client that
does not read is dropped and holds nobody up; points and records are what GET answers."""

import asyncio
import json
import random
import resource
import sys
import threading
import time

import websockets
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from deployment import Deployment, wait_for
from live_client import LiveClient

CLIENTS = 1_000
RECORDS = 20


def read_log(deployment):
    """[value, …] of each partition, committed records only."""
    consumer = Consumer({
        "bootstrap.servers": deployment.broker, "group.id": deployment.name + "-log", "isolation.level": "read_committed",
        "enable.partition.eof": True})
    log = [[] for _ in range(len(deployment.ends()))]
    consumer.assign([TopicPartition(deployment.topic, p, OFFSET_BEGINNING) for p in range(len(log))])
    left = set(range(len(log)))
    while left:
        message = consumer.poll(30)
        assert message is not None, "the log cannot be read"
        if message.error():
            left.discard(message.partition())
        else:
            log[message.partition()].append(message.value().decode())
    consumer.close()
    return log


class Poster:
    """Writes events to any partition, some in transactions, some of which are aborted."""

    def __init__(self, deployment, rng):
        self.deployment = deployment
        self.rng = rng
        self.number = 0
        self.transactional = Producer(
            {"bootstrap.servers": deployment.broker, "transactional.id": deployment.name + "-poster"})
        self.transactional.init_transactions(30)
        self.plain = Producer({"bootstrap.servers": deployment.broker})

    def post(self, count):
        while count > 0:
            some = min(count, self.rng.randrange(1, 20))
            count -= some
            transactional = self.rng.random() < 0.3
            producer = self.transactional if transactional else self.plain
            if transactional:
                producer.begin_transaction()
            for _ in range(some):
                self.number += 1
                name = "other" if self.rng.random() < 0.2 else "orders"
                event = {"name": name, "value": self.number, "note": "a\u00df\n" * self.rng.randrange(3)}
                producer.produce(
                    self.deployment.topic, json.dumps(event), partition=self.rng.randrange(self.deployment.partitions))
            # Before the end, too: aborting what is not sent yet is more than librdkafka gets right.
            producer.flush(30)
            if not transactional:
                continue
            if self.rng.random() < 0.3:
                producer.abort_transaction(30)
            else:
                producer.commit_transaction(30)


def collect(deployment, received, until, last_event_id):
    """Listens from that id on until so many events are there in all. The last id."""
    with LiveClient(deployment.ports["query"], "/live?name=orders", last_event_id) as client:
        assert client.status == 200, client.status
        while len(received) < until:
            name, data = client.next_event()
            assert name == "message", (name, data)
            received.append(data)
        return client.last_event_id


def count_orders(deployment):
    return sum(json.loads(value)["name"] == "orders" for values in read_log(deployment) for value in values)


def check_resume(deployment, rng):
    poster = Poster(deployment, rng)
    poster.post(100)  # before anybody listens: told to nobody who begins now
    before = [len(values) for values in read_log(deployment)]
    received = []
    with LiveClient(deployment.ports["query"], "/live?name=orders") as client:
        client.next_block()  # the present place
        last_id = client.last_event_id
    total = count_orders(deployment)
    start = total
    for turn in range(6):
        poster.post(rng.randrange(50, 800))
        total = count_orders(deployment)
        # Not all of it, so that the next turn resumes in the middle, but in the last turn.
        until = (total - start) if turn == 5 else len(received) + rng.randrange(1, total - start - len(received) + 1)
        if turn == 3:
            deployment.stop("query")
            deployment.start("query")
        last_id = collect(deployment, received, until, last_id)
    expected = []
    for values, skipped in zip(read_log(deployment), before):
        expected.append([value for value in values[skipped:] if json.loads(value)["name"] == "orders"])
    assert len(received) == sum(map(len, expected)), f"{len(received)} of {sum(map(len, expected))}"
    place = {value: (partition, index) for partition, values in enumerate(expected) for index, value in enumerate(values)}
    seen = [-1] * len(expected)
    for value in received:
        partition, index = place[value]  # a KeyError: something that was not posted, or was aborted
        assert index == seen[partition] + 1, f"partition {partition}: {index} after {seen[partition]}"
        seen[partition] = index
    print(f"{len(received)} events in {6} turns: no gap, no repetition, in order")


def check_bad_ids(deployment):
    for bad in ("x", "other.topic/0@1", f"{deployment.topic}/0@x"):
        with LiveClient(deployment.ports["query"], "/live?name=orders", bad) as client:
            assert client.status == 400, (bad, client.status)
    for target in ("/live", "/live?name=a&metric=b", "/live?metric=", "/live?metric=a&period=0"):
        with LiveClient(deployment.ports["query"], target) as client:
            assert client.status == 400, (target, client.status)


async def listen(port, number, connected, done, messages):
    async with websockets.connect(f"ws://127.0.0.1:{port}/data/metrics/live", max_queue=None, open_timeout=60) as client:
        connected[number] = True
        last = {}
        try:
            while not done(last):
                record = json.loads(await asyncio.wait_for(client.recv(), 60))
                messages[0] += 1
                last[record["name"]] = record
        except (asyncio.TimeoutError, websockets.ConnectionClosed) as error:
            raise AssertionError(f"client {number}: {error!r}, has {len(last)} records") from error
        return last


async def check_records(deployment):
    names = [f"live.{i}" for i in range(RECORDS)]
    final = 3 * RECORDS

    def done(last):
        return sum(last.get(name, {}).get("value", 0) for name in names) >= final

    connected, messages = [False] * CLIENTS, [0]
    port = deployment.ports["query"]
    tasks = [asyncio.create_task(listen(port, i, connected, done, messages)) for i in range(CLIENTS)]
    started = time.monotonic()
    while not all(connected):
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in tasks), [task for task in tasks if task.done()][0].exception()
    connecting = time.monotonic() - started
    wait_for("the gauge", lambda: deployment.metric_sum("query", "odometer_http_live_clients") == CLIENTS)

    def post():
        http = deployment.http("ingest")
        for _ in range(3):
            for name in names:
                item = json.dumps({"level": "web", "name": name, "type": "COUNTER", "value": 1})
                assert http.request("POST", "/ingest/metrics", item, {"Content-Type": "application/json"})[0] == 200

    started = time.monotonic()
    await asyncio.get_running_loop().run_in_executor(None, post)
    results = await asyncio.gather(*tasks)
    took = time.monotonic() - started
    http = deployment.http("query")
    for name in names:
        record, _ = http.get_json(f"/data/metrics/web.{name}")
        assert all(result[name] == record for result in results), (name, record)
    assert CLIENTS * RECORDS <= messages[0] <= CLIENTS * RECORDS * 3
    print(f"{CLIENTS} WebSockets in {connecting:.1f} s, {messages[0]} messages in {took:.1f} s, all as GET answers")


def check_slow_client(deployment):
    port = deployment.ports["query"]
    events = [json.dumps({"name": "big", "value": i, "filling": "x" * 900_000}) for i in range(30)]
    with LiveClient(port, "/live?name=big", receive_buffer=4096) as slow, LiveClient(port, "/live?name=big") as good:
        producer = Producer({"bootstrap.servers": deployment.broker, "message.max.bytes": 1_000_000})
        # The good client always waits for the next event: on a busy machine, too, nobody may call it slow.
        for event in events:
            producer.produce(deployment.topic, event, partition=0)
            producer.flush(30)
            assert good.next_event()[1] == event
        wait_for("the slow client to be dropped", lambda: deployment.metrics("query").get(
            'odometer_http_live_dropped_total{listener="query",reason="too_slow"}', 0) == 1)
        rest = b""
        try:
            while chunk := slow.socket.recv(1 << 20):
                rest = (rest + chunk)[-200:]
        except ConnectionError:
            pass
        print(f"the slow client's stream ended in {rest[-50:]!r}")


def check_points(deployment):
    target = "/live?metric=clicks&period=3600&label.page=home"
    with LiveClient(deployment.ports["query"], target) as client:
        assert json.loads(client.next_event()[1]) == {"name": "clicks", "values": []}
        producer = Producer({"bootstrap.servers": deployment.broker})
        for i in range(10):
            event = {"name": "clicks", "value": 1, "labels": {"page": "home" if i % 2 else "about"}}
            producer.produce(deployment.topic, json.dumps(event), partition=i % deployment.partitions)
        producer.flush(30)
        total = 0
        while total < 5:
            answer = json.loads(client.next_event()[1])
            total = sum(point["value"] for point in answer["values"])
        read, _ = deployment.http("query").get_json(
            "/read", key="clicks", type="points", period=3600, **{"label.page": "home"})
        assert read["values"][-1] == answer["values"][-1], (read, answer)


async def check_raw_events(deployment):
    """What is posted to /v1/metrics comes as it was posted, whatever else is counted."""
    posts = ['{ "name":"raw", "value": %d, "ts":"2016-01-01", "z":[1,{"a":null}], "a":12345678901234567890}' % i for i in range(20)]
    async with websockets.connect(f"ws://127.0.0.1:{deployment.ports['query']}/v1/ws", open_timeout=60) as client:
        await client.send("what a client says is ignored")

        def post():
            http = deployment.http("ingest")
            for body in posts:
                assert http.request("GET", "/track?key=counted")[0] == 204
                status, _, answer = http.request("POST", "/v1/metrics", body, {"Content-Type": "application/json"})
                assert (status, answer) == (200, b'{"resp": "success"}'), (status, answer)

        await asyncio.get_running_loop().run_in_executor(None, post)
        received = [await asyncio.wait_for(client.recv(), 60) for _ in posts]
    assert received == posts, received
    assert deployment.http("query").get("/v1/ws")[0] == 400


def check_stop(deployment):
    with LiveClient(deployment.ports["query"], "/data/metrics/live", web_socket=True) as client:
        assert client.status == 101
        started = time.monotonic()
        stopping = threading.Thread(target=deployment.stop, args=("query",))
        stopping.start()
        received = b""
        while chunk := client.socket.recv(65_536):
            received += chunk
        stopping.join()
        assert received.endswith(b"\x88\x0a\x03\xe9stopping"), received[-40:]
        print(f"stopped in {time.monotonic() - started:.1f} s, with 1001")


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * CLIENTS)), hard))
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    with Deployment() as deployment:
        for process in ("processor", "ingest", "query"):
            deployment.start(process)
        check_bad_ids(deployment)
        check_resume(deployment, random.Random(seed))
        check_points(deployment)
        check_slow_client(deployment)
        asyncio.run(check_records(deployment))
        asyncio.run(check_raw_events(deployment))
        check_stop(deployment)
    return 0


if __name__ == "__main__":
    sys.exit(main())
