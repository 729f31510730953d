"""Has the faults strike, those of a lane one after the other, the lanes side by side."""

import faulthandler
import random
import sys
import threading
import time

from cluster import PATIENCE_S
from faults import ALL
from schedule import LANES, draw

# How long the last fault of a lane, and those that must still come, may take once the time is over.
LATE_S = 2 * PATIENCE_S


class Lane(threading.Thread):
    """Does its faults until it is `enough`; the first that goes wrong ends the run."""

    def __init__(self, name, faults, enough, cluster, journal, over):
        super().__init__(name=name, daemon=True)
        self.faults = faults
        self.enough = enough
        self.cluster = cluster
        self.journal = journal
        self.over = over

    def run(self):
        for fault, peace_s, seed in self.faults:
            if self.over.wait(peace_s) or self.enough(self.name):
                return
            if reason := fault.why_not(self.cluster):
                self.journal.skip(fault.kind, reason)
                continue
            try:
                self.journal.fired(fault.kind, fault.run(self.cluster, random.Random(seed)))
            except Exception as failure:
                self.journal.failed(f"{fault.kind}: {type(failure).__name__} {failure}")
                self.over.set()


def strike(cluster, journal, plan, failures):
    """Until the time of the plan is over, the least of kills is reached, and each lane has had those of its kinds that must strike.
    Fails when a process ends that nobody has stopped, or `failures`, of who sends and asks, tells of one."""
    over = threading.Event()
    started = time.monotonic()

    def enough(lane):
        missing = [kind for kind in journal.missing(plan.certain) if ALL[kind].lane == lane]
        return time.monotonic() > started + plan.minutes * 60 and journal.kills >= plan.least_kills and not missing

    plans = {lane: draw(plan.seed, lane, plan.kinds, plan.first) for lane in LANES}
    lanes = [Lane(name, faults, enough, cluster, journal, over) for name, faults in plans.items()]
    for lane in lanes:
        lane.start()
    while any(lane.is_alive() for lane in lanes) and not over.wait(0.2):
        failed = cluster.ended_alone() + failures()
        if time.monotonic() > started + plan.minutes * 60 + LATE_S:
            failed.append("the faults take too long")
        for failure in failed:
            journal.failed(failure)
            over.set()
    if over.is_set():
        faulthandler.dump_traceback(sys.stdout)
    for lane in lanes:
        lane.join(60)
