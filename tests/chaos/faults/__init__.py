"""All faults by their kind."""

from faults import kills, network, pauses, rebalances, storage

FAMILIES = (kills, pauses, rebalances, storage, network)
ALL = {fault.kind: fault for family in FAMILIES for fault in family.FAULTS}
