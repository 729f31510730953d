"""Which fault comes when, drawn from a seed."""

from dataclasses import dataclass

from faults import ALL
from faults.fault import PROCESSOR, SURROUNDINGS

FIRST_AT_S = 3.0  # until then all is well
GAP_S = (0.5, 3.0)


@dataclass(frozen=True)
class Planned:
    at_s: float  # not before
    kind: str
    seed: int  # of what is random in it


def plan(rng, kinds, seconds):
    """{lane: its faults}. In each lane every other fault is one that kills; each kind comes before another comes again."""
    return {
        lane: plan_lane(rng, [ALL[kind] for kind in kinds if ALL[kind].lane == lane], seconds)
        for lane in (PROCESSOR, SURROUNDINGS)
    }


def plan_lane(rng, faults, seconds):
    groups = [group for group in ([f for f in faults if f.kills], [f for f in faults if not f.kills]) if group]
    decks = [[] for _ in groups]
    planned = []
    at_s = FIRST_AT_S
    turn = 0
    while groups:
        deck = decks[turn % len(groups)]
        if not deck:
            deck += rng.sample(groups[turn % len(groups)], len(groups[turn % len(groups)]))
        fault = deck.pop()
        if at_s + fault.seconds > seconds and planned:
            break
        planned.append(Planned(round(at_s, 1), fault.kind, rng.randrange(2**32)))
        at_s += fault.seconds + rng.uniform(*GAP_S)
        turn += 1
    return planned
