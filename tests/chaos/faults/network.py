"""What the way between processor and broker does: it is slow, it breaks, it swallows."""

import time

from cluster import PATIENCE_S, SESSION_TIMEOUT_S
from deployment import wait_for
from faults.fault import BROKER, Fault
from proxy import DIRECTIONS


def one_outage_at_a_time(run):
    def alone(cluster, rng):
        with cluster.outage_mutex:
            return run(cluster, rng)

    return alone


def delay(cluster, rng):
    proxy = cluster.proxy
    before = proxy.delayed_bytes
    proxy.delay_s = rng.uniform(0.02, 0.4)
    try:
        wait_for("bytes to be delayed", lambda: proxy.delayed_bytes > before, PATIENCE_S)
        time.sleep(rng.uniform(2, 8))
        return f"{proxy.delayed_bytes - before} bytes, each {proxy.delay_s * 1000:.0f} ms late"
    finally:
        proxy.pass_everything()


def cut(cluster, rng):
    """All connections, several times; now and then nobody may come back for a while."""
    times = rng.randrange(1, 8)
    cut_connections = 0
    for _ in range(times):
        wait_for("a connection to cut", lambda: cluster.proxy.connections() > 0, PATIENCE_S)
        cluster.proxy.refusing = rng.random() < 0.3
        cut_connections += cluster.proxy.cut()
        time.sleep(rng.uniform(0.05, 1.5))
        cluster.proxy.pass_everything()
    assert cut_connections >= times, f"{cut_connections} connections were cut in {times} attempts"
    return f"{cut_connections} connections, in {times} attempts"


def black_hole(cluster, rng):
    """Requests, replies or both get lost; after a while they arrive after all, or the connections break."""
    proxy = cluster.proxy
    directions = rng.choice((DIRECTIONS, DIRECTIONS[:1], DIRECTIONS[1:]))
    breaks = rng.random() < 0.7
    before = proxy.withheld_bytes
    proxy.withheld = frozenset(directions)
    try:
        wait_for("bytes to be withheld", lambda: proxy.withheld_bytes > before, PATIENCE_S)
        time.sleep(rng.choice((rng.uniform(0.2, 2), rng.uniform(2, SESSION_TIMEOUT_S + 6))))
        withheld = proxy.withheld_bytes - before
        broken = proxy.cut() if breaks else 0
    finally:
        proxy.pass_everything()
    end = f"then {broken} connections broke" if breaks else "then they arrived"
    return f"{withheld} bytes of {' and '.join(directions)} withheld, {end}"


FAULTS = (
    Fault("delay", BROKER, one_outage_at_a_time(delay)),
    Fault("cut", BROKER, one_outage_at_a_time(cut)),
    Fault("black-hole", BROKER, one_outage_at_a_time(black_hole)),
)
