"""What a fault is. Each breaks something, makes sure that it was broken, puts it right again, and says what it saw."""

from dataclasses import dataclass
from typing import Callable

# Faults of a lane come one after the other; lanes overlap, so that a broker may die while the processor restores.
PROCESSOR = "processor"  # these own the processor, its state folder and other instances
BROKER = "broker"  # these the broker, and the proxy before it
SERVICES = "services"  # and these query, ingest and the input topic


@dataclass(frozen=True)
class Fault:
    kind: str
    lane: str
    run: Callable  # run(cluster, rng) -> the evidence that it has fired; AssertionError when it has not
    why_not: Callable = lambda cluster: None  # why it cannot be done here; None: it can
