"""A processor that stands still for so long that the others give it up, and then wakes."""

import time

from cluster import PATIENCE_S, SESSION_TIMEOUT_S, TRANSACTION_TIMEOUT_S
from deployment import free_port, wait_for
from faults.fault import PROCESSOR, Fault

# Most moments are between two transactions; so many are tried to meet one that is open.
ATTEMPTS = 60
PAUSE_S = max(SESSION_TIMEOUT_S, TRANSACTION_TIMEOUT_S) + 1


def pause_in_transaction(cluster):
    """(the stopped process, partitions that its open transaction holds up: none when it was not met in one)."""
    for _ in range(ATTEMPTS):
        process = cluster.pause("processor")
        held = cluster.open_transactions()
        if held:
            return process, held
        if held is None:  # no broker that could tell
            break
        cluster.resume(process)
        time.sleep(0.02)
        process = None
    return process or cluster.pause("processor"), []


def pause_processor(cluster, rng):
    """Longer than its session and its transaction last."""
    process, held = pause_in_transaction(cluster)
    started = time.monotonic()
    wait_for("the group to give the paused processor up", lambda: cluster.members() == 0, PATIENCE_S, 0.2)
    if held:
        # What the sleeper left open is aborted by the broker, and nothing else could do it.
        wait_for("its transaction to be aborted", lambda: cluster.open_transactions() == [], PATIENCE_S, 0.2)
    time.sleep(max(0.0, started + PAUSE_S + rng.uniform(0, 3) - time.monotonic()))
    cluster.resume(process)
    paused_s = time.monotonic() - started
    wait_for("the processor to be back in the group", lambda: cluster.members() == 1, PATIENCE_S, 0.2)
    cluster.wait_ready("processor")
    transaction = f"its transaction on partitions {held} aborted" if held else "between transactions"
    return f"pid {process.pid} in state T for {paused_s:.1f} s, thrown out of the group, {transaction}"


def replace_paused_processor(cluster, rng):
    """A twin, of the same instance id, takes over from a paused processor, which then wakes: it must not commit."""
    # A broker that crashes meanwhile may remember either of the two as the member, and throw the twin out instead.
    with cluster.outage_mutex:
        return replace(cluster, rng)


def replace(cluster, rng):
    sleeper, held = pause_in_transaction(cluster)
    cluster.take("processor")
    cluster.deployment.ports["twin"] = free_port()
    folder = cluster.disk.folder + "/twin"
    settings = {"state.dir": folder, "processor.listen": f"127.0.0.1:{cluster.deployment.ports['twin']}"}
    arguments = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
    cluster.start("twin", *arguments, command="processor")
    cluster.resume(sleeper)
    # Its group and its transactional id are the twin's now.
    code = sleeper.wait(PATIENCE_S)
    assert code == 1, f"the replaced processor ended with {code}"
    time.sleep(rng.uniform(0, 2))
    cluster.kill("twin")
    cluster.remove_state(folder)
    cluster.start("processor")
    state = "in a transaction" if held else "between transactions"
    return f"pid {sleeper.pid} paused {state}, replaced, woke and stopped with {code}"


FAULTS = (
    Fault("pause-processor", PROCESSOR, pause_processor),
    Fault("replace-paused-processor", PROCESSOR, replace_paused_processor),
)
