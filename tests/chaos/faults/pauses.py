"""A processor that stands still for so long that the others give it up, and then wakes."""

import time

from cluster import PATIENCE_S, SESSION_TIMEOUT_S, TRANSACTION_TIMEOUT_S
from deployment import free_port, wait_for
from faults.fault import PROCESSOR, Fault

# Most moments are between two transactions; so many are tried to meet one that is open.
ATTEMPTS = 60
FENCED = "another processor with the same instance.id has joined"
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
    """A twin, of the same instance id, takes over from a paused processor, which then wakes: one of the two must give up."""
    # A broker that crashes meanwhile may remember either of the two as the member.
    with cluster.outage_mutex:
        return replace(cluster, rng)


def replace(cluster, rng):
    sleeper, held = pause_in_transaction(cluster)
    cluster.take("processor")
    cluster.deployment.ports["twin"] = free_port()
    folder = cluster.disk.folder + "/twin"
    settings = {"state.dir": folder, "processor.listen": f"127.0.0.1:{cluster.deployment.ports['twin']}"}
    arguments = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
    marks = {name: cluster.deployment.log_mark(name) for name in ("processor", "twin")}
    cluster.start("twin", *arguments, command="processor")
    rivals = {"processor": sleeper, "twin": cluster.take("twin")}
    cluster.resume(sleeper)

    def fenced():
        return [name for name, process in rivals.items() if process.poll() is not None]

    # Its group and its transactional id are the twin's now; but one that slept through its session joins anew, and fences the twin.
    loser = wait_for("one of the two to give up", fenced, PATIENCE_S)[0]
    code = rivals[loser].returncode
    assert code == 1 and FENCED in cluster.deployment.log(loser, marks[loser]), f"the fenced {loser} ended with {code}"
    if loser == "processor":
        time.sleep(rng.uniform(0, 2))
        cluster.give("twin", rivals["twin"])
        cluster.kill("twin")
        cluster.remove_state(folder)
        cluster.start("processor")
        outcome = f"woke and stopped with {code}"
    else:
        cluster.remove_state(folder)
        cluster.give("processor", sleeper)
        cluster.wait_ready("processor")
        outcome = f"woke after its session and took over again; the twin stopped with {code}"
    state = "in a transaction" if held else "between transactions"
    return f"pid {sleeper.pid} paused {state}, replaced, {outcome}"


FAULTS = (
    Fault("pause-processor", PROCESSOR, pause_processor),
    Fault("replace-paused-processor", PROCESSOR, replace_paused_processor),
)
