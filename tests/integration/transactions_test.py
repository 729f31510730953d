#!/usr/bin/python3
# ctest: timeout=600
"""Transactions are all or nothing, whatever happens between the processor's producer and the broker.

Two producers write transaction after transaction to the same partitions, through a proxy that cuts and withholds, to a broker that
is restarted and killed; one of the two is killed, too. What a consumer then reads, committed records only, must be what the producers
were told. `--seconds`, `--seed` and `--broker-faults` say how long and which faults."""

import argparse
import collections
import itertools
import pathlib
import random
import shutil
import subprocess
import tempfile
import time

from broker import Broker
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from deployment import free_port, require_environment, wait_for
from proxy import DIRECTIONS, Proxy, proxied_settings

TOPICS = 3
PARTITIONS = 8
PLACES = [(topic, partition) for topic in range(TOPICS) for partition in range(PARTITIONS)]
BETWEEN_FAULTS_S = (0.2, 3)
# Longer than a transaction may take, now and then.
WITHHELD_S = (0.02, 0.1, 0.3, 0.6, 6.5)
AWAY_S = (0, 0, 8)  # a killed producer: its open transaction is ended by its successor, or times out
STOPPED_WITHIN_S = 120
SETTLED_WITHIN_S = 60
LEAST_COMMITTED = 20


class Writer:
    """tests/integration/transactions/writer.cc"""

    def __init__(self, binary, folder, name, address, seeds):
        self.binary, self.folder, self.name, self.address, self.seeds = binary, folder, name, address, seeds
        self.lives = 0
        self.start()

    def start(self):
        self.lives += 1
        name = f"{self.name}.{self.lives}"
        arguments = [self.address, self.name, self.lives, TOPICS, PARTITIONS, next(self.seeds), f"{self.folder}/{name}.outcomes"]
        with open(f"{self.folder}/{name}.log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.binary, *map(str, arguments)], stdout=log, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(STOPPED_WITHIN_S) == 0

    def outcomes(self):
        """(transaction, how many records it has in each place, outcome)"""
        for life in range(1, self.lives + 1):
            path = pathlib.Path(f"{self.folder}/{self.name}.{life}.outcomes")
            if not path.exists():
                continue  # killed before it came so far
            for line in path.read_text("utf-8").splitlines():
                words = line.split()
                if len(words) < 2:
                    continue  # killed before it had begun one
                yield words[0], [int(count) for count in words[1].split(",")], (words[2:] or ["unknown"])[0]


def outcomes(writers):
    return collections.Counter(outcome for writer in writers for *_, outcome in writer.outcomes())


def strike(rng, broker, proxy, writer, broker_faults):
    """One fault; returns its name."""
    if rng.random() < broker_faults:
        kind = rng.choice(("stop", "kill"))
        getattr(broker, kind)()
        broker.start()
        return f"{kind} the broker"
    kind = rng.choice(("cut", "requests", "replies", "both", "producer"))
    if kind == "producer":
        writer.kill()
        time.sleep(rng.choice(AWAY_S) * rng.random())
        writer.start()
        return "kill a producer"
    if kind == "cut":
        proxy.cut()
        return "cut"
    proxy.withheld = frozenset(DIRECTIONS if kind == "both" else (kind,))
    time.sleep(rng.choice(WITHHELD_S) * rng.random())
    proxy.cut()
    proxy.pass_everything()
    return f"withhold {kind}"


def wait_until_settled(broker):
    """Until nothing is open any more, so that a reader's end is the log's."""
    ends = [
        Consumer({"bootstrap.servers": broker.address, "group.id": "ends", "isolation.level": level})
        for level in ("read_committed", "read_uncommitted")
    ]

    def nothing_is_open(place):
        return len({consumer.get_watermark_offsets(place, 10)[1] for consumer in ends}) == 1

    for topic, partition in PLACES:
        place = TopicPartition(f"fire-{topic}", partition)
        wait_for(f"the end of a transaction in {place}", lambda: nothing_is_open(place), SETTLED_WITHIN_S, 0.2)
    for consumer in ends:
        consumer.close()


def read_committed(broker):
    """{place: {transaction: [the numbers of its records]}}"""
    consumer = Consumer(
        {
            "bootstrap.servers": broker.address,
            "group.id": "reader",
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    consumer.assign([TopicPartition(f"fire-{topic}", partition, 0) for topic, partition in PLACES])
    found = {place: collections.defaultdict(list) for place in PLACES}
    unread = set(PLACES)
    while unread:
        messages = consumer.consume(10_000, timeout=30)
        assert messages, f"nothing more comes from {unread}"
        for message in messages:
            place = (int(message.topic().rpartition("-")[2]), message.partition())
            if message.error():
                unread.discard(place)
            else:
                found[place][message.key().decode()].append(int(message.value()))
    consumer.close()
    return found


def differences(found, outcomes):
    for transaction, counts, outcome in outcomes:
        written = [found[place].pop(transaction, []) for place in PLACES]
        whole = [list(range(count)) for count in counts]
        nothing = [[] for _ in PLACES]
        allowed = {"committed": [whole], "aborted": [nothing], "unknown": [whole, nothing]}[outcome]
        if written not in allowed:
            wrong = [
                f"fire-{place[0]}/{place[1]}: {len(records)} of {len(expected)}"
                for place, records, expected in zip(PLACES, written, allowed[0])
                if records != expected
            ]
            yield f"{transaction}, {outcome}: {'; '.join(wrong)}"
    left = sorted({transaction for transactions in found.values() for transaction in transactions})
    if left:
        yield f"records of transactions that nobody wrote: {left}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broker-faults", type=float, default=0.1, help="their share; default 0.1")
    parser.add_argument("--keep", action="store_true", help="leaves the logs and the broker's data behind")
    options = parser.parse_args()
    binary, _ = require_environment("ODOMETER_BINARY", "ODOMETER_TEST_BROKER")
    writer_binary = str(pathlib.Path(binary).parent / "tests/integration/transactions/odometer_transaction_writer")
    rng = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="odometer-transactions-")
    proxy_port = free_port()
    broker = Broker(folder + "/broker", lambda port: proxied_settings(port, proxy_port))
    broker.start()
    proxy = Proxy(proxy_port, broker.port + 2)
    proxy.start()
    writers = []
    try:
        admin = AdminClient({"bootstrap.servers": broker.address, "log_level": 0})
        for created in admin.create_topics([NewTopic(f"fire-{topic}", PARTITIONS, 1) for topic in range(TOPICS)]).values():
            created.result(60)
        seeds = itertools.count(1000 * options.seed)
        for name in ("steady", "mortal"):
            writers.append(Writer(writer_binary, folder, name, f"127.0.0.1:{proxy_port}", seeds))
        faults = collections.Counter()
        end = time.monotonic() + options.seconds
        while time.monotonic() < end or len(faults) < 3 or outcomes(writers)["committed"] < LEAST_COMMITTED:
            time.sleep(rng.uniform(*BETWEEN_FAULTS_S))
            faults[strike(rng, broker, proxy, writers[1], options.broker_faults)] += 1
        for writer in writers:
            writer.stop()
        wait_until_settled(broker)
        found = list(differences(read_committed(broker), [outcome for writer in writers for outcome in writer.outcomes()]))
        print("faults:", ", ".join(f"{kind} {count}" for kind, count in sorted(faults.items())))
        print("transactions:", ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes(writers).items())))
        print("\n".join(found))
        assert not found, f"{len(found)} transactions are not what their producers were told"
    finally:
        for writer in writers:
            writer.kill()
        proxy.stop()
        broker.kill()
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
