"""What the tests count: events of all types that have a value of their own kind."""

TYPES = ("counter", "gauge", "meter", "timer", "set")


def make_value(rng, kind):
    if kind == "counter":
        return rng.choice((1, 1, 1, rng.randrange(0, 1000), rng.randrange(0, 2**64)))
    if kind == "gauge":
        return rng.choice((rng.randrange(-1000, 1000), round(rng.uniform(-100, 100), 3)))
    if kind == "meter":
        return 1
    if kind == "set":
        member = int(3000 * rng.random() ** 2)
        return rng.choice((member, str(member), f"user-{member}"))
    return round(rng.lognormvariate(3, 1), 3)
