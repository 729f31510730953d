"""What the tests count: events of all types that have a value."""

TYPES = ("counter", "gauge", "meter", "timer")


def make_value(rng, kind):
    if kind == "counter":
        return rng.choice((1, 1, 1, rng.randrange(0, 1000), rng.randrange(0, 2**64)))
    if kind == "gauge":
        return rng.choice((rng.randrange(-1000, 1000), round(rng.uniform(-100, 100), 3)))
    if kind == "meter":
        return 1
    return round(rng.lognormvariate(3, 1), 3)
