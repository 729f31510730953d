"""What a fault is. Each breaks something, makes sure that it was broken, puts it right again, and says what it saw."""

from dataclasses import dataclass
from typing import Callable

# Faults of a lane come one after the other; the two lanes overlap, so that a broker may die while the processor restores.
PROCESSOR = "processor"  # these own the processor, its state folder and other instances
SURROUNDINGS = "surroundings"  # and these the broker, the proxy, the input topic, query and ingest


@dataclass(frozen=True)
class Fault:
    kind: str
    lane: str
    seconds: float  # about how long it takes, to plan with
    kills: bool  # one or more processes end with SIGKILL, or bounce
    run: Callable  # run(cluster, rng) -> the evidence that it has fired; AssertionError when it has not
    why_not: Callable = lambda cluster: None  # why it cannot be done here; None: it can
