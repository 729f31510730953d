#!/usr/bin/python3
"""Handles alerts: a consumer of the topic of alerts, in any number of processes with the same --group.

Each alert is handled at least once, because offsets are committed after the handling. One that comes again, as after a
crash, has the same id. Replace handle() by what is to happen. Needs confluent-kafka.
"""
import argparse
import collections
import json
import signal
import sys

from confluent_kafka import Consumer, KafkaException

REMEMBERED = 10_000  # ids of alerts that were handled


def handle(alert):
    """What is to happen with an alert; an exception has it handled again after a restart."""
    print(json.dumps(alert), flush=True)


def run(consumer, wanted, stopping):
    handled = collections.OrderedDict()
    while not stopping:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        try:
            alert = json.loads(message.value())
            known = alert["id"] in handled
        except (TypeError, ValueError, KeyError):
            print(f"no alert at {message.partition()}/{message.offset()}", file=sys.stderr)
            known = True
        if not known and wanted(alert):
            handle(alert)
        if not known:
            handled[alert["id"]] = True
            if len(handled) > REMEMBERED:
                handled.popitem(last=False)
        consumer.commit(message, asynchronous=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bootstrap", default="127.0.0.1:9092", help="Kafka brokers")
    parser.add_argument("--topic", default="metrics.alerts")
    parser.add_argument("--group", default="alert-handler")
    parser.add_argument("--org", help="only alerts of this org")
    arguments = parser.parse_args()
    consumer = Consumer({
        "bootstrap.servers": arguments.bootstrap,
        "group.id": arguments.group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",  # alerts are written in transactions
    })
    stopping = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.append(True))
    consumer.subscribe([arguments.topic])
    try:
        run(consumer, lambda alert: arguments.org in (None, alert["org"]), stopping)
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
