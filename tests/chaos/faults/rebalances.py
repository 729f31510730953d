"""Partitions that change hands, and new ones."""

import time

from cluster import MAX_PARTITIONS, PATIENCE_S
from confluent_kafka import KafkaException
from confluent_kafka.admin import NewPartitions
from deployment import free_port, wait_for
from faults.fault import PROCESSOR, SERVICES, Fault

SECOND = "processor-2"


def second_processor(cluster, rng):
    """A second instance joins under load, counts, and leaves: in order, or killed."""
    deployment = cluster.deployment
    deployment.ports.setdefault(SECOND, free_port())
    folder = cluster.disk.folder + "/state-2"
    settings = {
        "instance.id": deployment.name + "-2",
        "state.dir": folder,
        "processor.listen": f"127.0.0.1:{deployment.ports[SECOND]}",
    }
    arguments = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
    cluster.start(SECOND, *arguments, command="processor")
    wait_for("a group of two", lambda: cluster.members() == 2, PATIENCE_S, 0.2)

    def counted():
        return deployment.metric_sum(SECOND, "odometer_events_consumed_total")

    wait_for("the second processor to count", lambda: counted() > 0, PATIENCE_S, 0.2)
    time.sleep(rng.uniform(1, 4))
    consumed = counted()
    left = cluster.kill(SECOND) if rng.random() < 0.5 else cluster.stop(SECOND)
    wait_for("a group of one", lambda: cluster.members() == 1, PATIENCE_S, 0.2)
    if rng.random() < 0.5:  # else it comes back with an old state
        cluster.remove_state(folder)
    return f"a group of 2, the second counted {consumed:.0f} events; {left}; a group of 1"


def grow_topic(cluster, rng):
    """More partitions for the input topic. Its series' events go to others from then on."""
    before = cluster.partitions
    cluster.partitions += rng.randrange(1, 3)
    new = NewPartitions(cluster.deployment.topic, cluster.partitions)

    def grown():
        try:
            if len(cluster.deployment.ends()) < cluster.partitions:
                cluster.admin.create_partitions([new])[cluster.deployment.topic].result(10)
            return len(cluster.deployment.ends()) == cluster.partitions
        except KafkaException:
            return False  # the request may have got through before its answer was lost

    wait_for("the topic to grow", grown, PATIENCE_S, 0.5)
    return f"{before} partitions became {cluster.partitions}"


def why_not_grow(cluster):
    return None if cluster.partitions + 2 <= MAX_PARTITIONS else f"the topic has {cluster.partitions} partitions by now"


FAULTS = (
    Fault("second-processor", PROCESSOR, second_processor),
    Fault("grow-topic", SERVICES, grow_topic, why_not_grow),
)
