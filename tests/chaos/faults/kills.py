"""Processes that end: at once, as in a crash, or in order."""

import time

from cluster import PATIENCE_S, SESSION_TIMEOUT_S
from deployment import wait_for
from faults.fault import BROKER, PROCESSOR, SERVICES, Fault


def check_restores(cluster, mark):
    """A restart reads the changelogs' tail: the state is never wiped. Returns how many records that took."""
    opened = cluster.opened_tasks(mark)
    # A partition that the topic got while the processor was away has nothing to restore.
    in_full = [task for task in opened if task[1] and task[2] > 0]
    assert not in_full, f"a restart restored in full: {in_full}"
    return sum(records for _, _, records in opened)


def kill_processor(cluster, rng):
    evidence = cluster.kill("processor")
    time.sleep(rng.choice((0, 0, rng.uniform(0, 3))))
    mark = cluster.deployment.log_mark("processor")
    cluster.start("processor")
    return f"{evidence}, {check_restores(cluster, mark)} records restored"


def kill_processor_while_it_starts(cluster, rng):
    """Again and again, before it is ready: a restore or a recovery is cut off half-way."""
    times = rng.randrange(2, 5)
    for _ in range(times):
        cluster.kill("processor")
        mark = cluster.deployment.log_mark("processor")
        cluster.start("processor", wait_ready=False)
        time.sleep(rng.uniform(0.05, 1.5))
    cluster.wait_ready("processor")
    return f"{times} times, {check_restores(cluster, mark)} records restored"


def stop_processor(cluster, rng):
    evidence = cluster.stop("processor")
    time.sleep(rng.uniform(0, 2))
    mark = cluster.deployment.log_mark("processor")
    cluster.start("processor")
    return f"{evidence}, {check_restores(cluster, mark)} records restored"


def killer_of(name):
    def kill(cluster, rng):
        evidence = cluster.kill(name)
        time.sleep(rng.uniform(0, 1))
        cluster.start(name)
        return evidence

    return kill


def kill_broker(cluster, rng):
    with cluster.outage_mutex:
        cluster.broker.kill()
        cluster.journal.killed()
        return revive_broker(cluster, rng)


def restart_broker(cluster, rng):
    with cluster.outage_mutex:
        cluster.broker.stop()
        cluster.journal.bounced()
        return revive_broker(cluster, rng)


def kill_broker_while_restoring(cluster, _rng):
    """For longer than a session, while the processor restores, and so does not poll: its client then fences itself."""
    with cluster.outage_mutex:
        evidence = cluster.kill("processor")
        cluster.remove_state()
        mark = cluster.deployment.log_mark("processor")
        cluster.start("processor", wait_ready=False)
        wait_for("partitions", lambda: "assigned partitions" in cluster.deployment.log("processor", mark), PATIENCE_S, 0.001)
        cluster.broker.kill()
        cluster.journal.killed()
        wait_for("the broker to listen no more", lambda: not cluster.broker.listens(), 5)
        time.sleep(SESSION_TIMEOUT_S)
        cluster.broker.start()
        cluster.wait_ready("processor")
        assert "lost partitions" in cluster.deployment.log("processor", mark), "its session outlasted the broker"
    return f"{evidence} and its state removed, the broker killed while it restored, its session lost"


def revive_broker(cluster, rng):
    wait_for("the broker to listen no more", lambda: not cluster.broker.listens(), 5)
    started = time.monotonic()
    time.sleep(rng.uniform(0, 3))
    cluster.broker.start()
    away_s = time.monotonic() - started
    cluster.wait_until_counting()
    counting_s = time.monotonic() - started - away_s
    return f"nothing listened on its port, it was away for {away_s:.1f} s; counted again {counting_s:.1f} s later"


FAULTS = (
    Fault("kill-processor", PROCESSOR, kill_processor),
    Fault("kill-starting-processor", PROCESSOR, kill_processor_while_it_starts),
    Fault("kill-broker-while-restoring", PROCESSOR, kill_broker_while_restoring),
    Fault("stop-processor", PROCESSOR, stop_processor),
    Fault("kill-query", SERVICES, killer_of("query")),
    Fault("kill-ingest", SERVICES, killer_of("ingest")),
    Fault("kill-broker", BROKER, kill_broker),
    Fault("restart-broker", BROKER, restart_broker),
)
