#!/usr/bin/python3
"""topic.py BOOTSTRAP TOPIC PARTITIONS [KEY=VALUE...]: creates a topic, unless it is there; one replica."""
import sys
import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

PATIENCE_S = 30  # a broker that has just started may not create topics yet


def create(admin, topic, partitions, config):
    """True once the topic is there with a leader for every partition."""
    known = admin.list_topics(timeout=5).topics.get(topic)
    if known is not None and known.error is None:
        if len(known.partitions) < partitions:
            sys.exit(f"topic {topic} has {len(known.partitions)} partitions, {partitions} are needed")
        return all(partition.leader >= 0 for partition in known.partitions.values())
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=config)
    try:
        admin.create_topics([new], operation_timeout=10)[topic].result()
    except KafkaException as error:
        code = error.args[0].code()
        if code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.INVALID_CONFIG, KafkaError.POLICY_VIOLATION):
            sys.exit(f"topic {topic}: {error}")
        if code != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
    return False


def main():
    bootstrap, topic, partitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
    config = dict(setting.split("=", 1) for setting in sys.argv[4:])
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            if create(admin, topic, partitions, config):
                return
        except KafkaException as error:
            if time.monotonic() > deadline:
                sys.exit(f"topic {topic}: {error}")
        if time.monotonic() > deadline:
            sys.exit(f"topic {topic} has no leader for every partition after {PATIENCE_S} s")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
