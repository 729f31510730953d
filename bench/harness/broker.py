"""The benchmark's own Kafka broker and its topics."""
import pathlib
import socket
import subprocess
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

HERE = pathlib.Path(__file__).resolve().parent
TOPIC_TOOL = HERE.parent.parent / "deploy" / "local" / "lib" / "topic.py"
PARTITIONS = 4


def free_ports(count):
    """Ports in a row that nobody listens on now, outside the range that the kernel hands out by itself."""
    for first in range(20000, 30000, count):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise RuntimeError("no free ports")


class Broker:
    """Runs from `start` to `stop`; keeps its data in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_ports(2)
        self.address = f"127.0.0.1:{self.port}"
        self.admin = None

    def start(self):
        subprocess.run([HERE / "broker.sh", "start", self.folder, str(self.port)], check=True)
        self.admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def stop(self):
        subprocess.run([HERE / "broker.sh", "stop", self.folder, str(self.port)], check=False)

    def create_input_topic(self, topic):
        """As the product's input topic is: the broker sets the records' timestamps."""
        subprocess.run(
            [TOPIC_TOOL, self.address, topic, str(PARTITIONS), "message.timestamp.type=LogAppendTime"], check=True)

    def create_topic(self, topic):
        future = self.admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])[topic]
        future.result(timeout=30)

    def delete_topics(self, prefix):
        names = [name for name in self.admin.list_topics(timeout=10).topics if name.startswith(prefix)]
        if not names:
            return
        for future in self.admin.delete_topics(names, operation_timeout=30).values():
            future.result()
        deadline = time.monotonic() + 30
        while any(name in self.admin.list_topics(timeout=10).topics for name in names):
            if time.monotonic() > deadline:
                raise RuntimeError(f"topics of {prefix} are still there after 30 s")
            time.sleep(0.1)


class Progress:
    """Looks at a consumer group from outside, without joining it."""

    def __init__(self, broker, group, topic):
        self._partitions = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        self._client = Consumer({
            "bootstrap.servers": broker.address,
            "group.id": group,
            "enable.auto.commit": False,
            # Else the answer waits for transactions that are under way.
            "isolation.level": "read_uncommitted",
            "log_level": 0,
        })
        self.ends = [self._end(partition) for partition in self._partitions]

    def _end(self, partition):
        deadline = time.monotonic() + 30
        while True:
            try:
                return self._client.get_watermark_offsets(partition, timeout=10)[1]
            except KafkaException:  # a broker that has just started may not lead its partitions yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def committed(self):
        """Committed offsets by partition; 0 where there is none. None while the group's coordinator does not answer."""
        try:
            answer = self._client.committed(self._partitions, timeout=2)
        except KafkaException:
            return None
        if any(partition.error for partition in answer):
            return None
        return [max(0, partition.offset) for partition in answer]

    def close(self):
        self._client.close()
