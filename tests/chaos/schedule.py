"""Which fault comes next, drawn from a seed."""

import random

from faults import ALL
from faults.fault import BROKER, PROCESSOR, SERVICES

FIRST_AFTER_S = 3.0  # until then all is well
# How much peace there is between two faults of a lane. Query and ingest must get to answer, too.
PEACE_S = {PROCESSOR: (0.5, 3.0), BROKER: (0.5, 3.0), SERVICES: (4.0, 16.0)}
LANES = tuple(PEACE_S)


def draw(seed, lane, kinds):
    """Yields (fault, seconds of peace before it, seed of what is random in it) of a lane without end. Every other fault is one that
    kills; each kind comes before another comes again. The same for the same seed, however long the faults take."""
    rng = random.Random(f"{seed} {lane}")
    faults = [ALL[kind] for kind in kinds if ALL[kind].lane == lane]
    groups = [group for group in ([f for f in faults if f.kills], [f for f in faults if not f.kills]) if group]
    decks = [[] for _ in groups]
    peace_s = FIRST_AFTER_S
    turn = 0
    while groups:
        group, deck = groups[turn % len(groups)], decks[turn % len(groups)]
        if not deck:
            deck += rng.sample(group, len(group))
        yield deck.pop(), peace_s, rng.randrange(2**32)
        peace_s = rng.uniform(*PEACE_S[lane])
        turn += 1
