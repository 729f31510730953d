"""Which fault comes next, drawn from a seed."""

import random

from faults import ALL
from faults.fault import BROKER, PROCESSOR, SERVICES

FIRST_AFTER_S = 3.0  # until then all is well
# How much peace there is between two faults of a lane: the others' faults, queries and commands must get their turns, too.
PEACE_S = {PROCESSOR: (3.0, 8.0), BROKER: (6.0, 16.0), SERVICES: (8.0, 24.0)}
LANES = tuple(PEACE_S)


def draw(seed, lane, kinds, first):
    """Yields (fault, seconds of peace before it, seed of what is random in it) of a lane without end. Each kind comes before
    another comes again, those of `first` before the others. The same for the same arguments, however long faults take."""
    rng = random.Random(f"{seed} {lane}")
    faults = [ALL[kind] for kind in kinds if ALL[kind].lane == lane]
    peace_s = FIRST_AFTER_S
    while faults:
        for fault in sorted(rng.sample(faults, len(faults)), key=lambda fault: fault.kind not in first):
            yield fault, peace_s, rng.randrange(2**32)
            peace_s = rng.uniform(*PEACE_S[lane])
