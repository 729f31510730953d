"""The state folder: lost, damaged, and on a disk that is full."""

import os
import subprocess
import time

from cluster import PATIENCE_S
from deployment import wait_for
from faults.fault import PROCESSOR, Fault
from faults.kills import check_restores
from wal import last_record, newest_log


# A processor that found the disk full has ended by then, or goes on.
LAST_WORDS_S = 15


def remove_state(cluster, _rng):
    evidence = cluster.kill("processor")
    cluster.remove_state()
    assert not os.path.exists(cluster.state_folder)
    mark = cluster.deployment.log_mark("processor")
    cluster.start("processor")
    opened = cluster.opened_tasks(mark)
    # A rebalance may have them opened again, and restored from their checkpoints.
    first = {partition: full for partition, full, _ in reversed(opened)}
    assert first and all(first.values()), f"not everything was restored in full: {opened}"
    records = sum(records for _, full, records in opened if full)
    assert records > 0, f"there was nothing to restore: {opened}"
    return f"{evidence}, the state folder was gone, {records} records restored in full"


def cut_log(cluster, rng):
    """The last record of RocksDB's log is torn, as when the power goes: that must not matter."""
    evidence = cluster.kill("processor")
    path = newest_log(cluster.state_folder + "/db")
    begin, end = last_record(path)
    size = rng.randrange(begin, end)
    os.truncate(path, size)
    assert os.path.getsize(path) == size < end
    mark = cluster.deployment.log_mark("processor")
    cluster.start("processor")
    restored = check_restores(cluster, mark)
    return f"{evidence}, {os.path.basename(path)} cut from {end} to {size} bytes, {restored} records restored"


def flip_log_bit(cluster, rng):
    """One bit of RocksDB's log: it goes on from before, or stops and says that the folder must go."""
    evidence = cluster.kill("processor")
    path = newest_log(cluster.state_folder + "/db")
    at = rng.randrange(os.path.getsize(path))
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        flipped = byte ^ (1 << rng.randrange(8))
        file.seek(at)
        file.write(bytes([flipped]))
    mark = cluster.deployment.log_mark("processor")
    cluster.start("processor", wait_ready=False)
    process = cluster.take("processor")

    def ready_or_ended():
        if process.poll() is not None:
            return "ended"
        cluster.give("processor", process)
        try:
            return "ready" if cluster.deployment.ready("processor") else None
        finally:
            cluster.take("processor")

    outcome = wait_for("the processor to be ready or to stop", ready_or_ended, PATIENCE_S)
    if outcome == "ready":
        cluster.give("processor", process)
        healed = "recovered"
    else:
        log = cluster.deployment.log("processor", mark)
        assert process.returncode == 1 and "move that folder away" in log, f"it ended with {process.returncode}:\n{log}"
        cluster.remove_state()
        cluster.start("processor")
        healed = "stopped with a clear message, restored without the folder"
    return f"{evidence}, byte {at} of {os.path.basename(path)}: {byte:#04x} became {flipped:#04x}; {healed}"


def fill_disk(cluster, rng):
    """Stops a processor whose log found no room; one whose flush did goes on by itself."""
    mark = cluster.deployment.log_mark("processor")
    process = cluster.take("processor")
    filled = 0

    def found_full():
        # Again and again: a compaction that ends gives room back.
        nonlocal filled
        filled += cluster.disk.fill()
        ended = process.poll()
        found = "No space left on device" in cluster.deployment.log("processor", mark)
        assert found or ended is None, f"the processor ended with {ended}, and not because of the disk"
        return found

    try:
        wait_for("the processor to find the disk full", found_full, PATIENCE_S)
        time.sleep(rng.uniform(0, 3))
    finally:
        cluster.disk.free()
    try:
        code = process.wait(LAST_WORDS_S)
    except subprocess.TimeoutExpired:
        cluster.give("processor", process)
        cluster.wait_ready("processor")
        return f"{filled} bytes filled it, no space left on device; it went on by itself"
    assert code == 1, f"the processor ended with {code}"
    cluster.start("processor")
    return f"{filled} bytes filled it, no space left on device; it stopped with {code} and was started again"


def why_not_fill(cluster):
    return None if cluster.disk.mounted else f"no small disk could be mounted: {cluster.disk.why_not_mounted}"


FAULTS = (
    Fault("remove-state", PROCESSOR, remove_state),
    Fault("cut-log", PROCESSOR, cut_log),
    Fault("flip-log-bit", PROCESSOR, flip_log_bit),
    Fault("full-disk", PROCESSOR, fill_disk, why_not_fill),
)
