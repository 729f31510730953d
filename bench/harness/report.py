"""Tables, ratios and the verdict."""
import statistics

# At least as many times the peer's events per second, and at most this part of its memory.
RATE_FLOORS = {"A": 6.0, "B": 8.0}
MEMORY_CEILING = 0.5


def line(name, run):
    verdict = "every aggregate right" if run.right else "WRONG, does not count"
    return (f"{name:<14}{run.rate:>11,.0f} events/s {run.seconds:>8.2f} s {run.cpu_seconds:>8.1f} CPU s "
            f"{run.peak_mib:>7,.0f} MiB   {verdict}")


def medians(runs):
    """(events/s, CPU seconds, peak MiB) of the right runs; None without any."""
    right = [run for run in runs if run.right]
    if not right:
        return None
    return tuple(statistics.median(values)
                 for values in zip(*((run.rate, run.cpu_seconds, run.peak_mib) for run in right)))


def compare(set_name, ours, peers):
    """(summary text, whether it is at or above the floor) of one set's runs of both systems."""
    if ours is None or peers is None:
        return f"{set_name}: no right run of {'odometer' if ours is None else 'kafka-streams'}", False
    rate, cpu, memory = ours[0] / peers[0], ours[1] / peers[1], ours[2] / peers[2]
    passed = rate >= RATE_FLOORS[set_name] and memory <= MEMORY_CEILING
    return (f"{set_name} {rate:.1f}x events/s (floor {RATE_FLOORS[set_name]:.0f}x), {cpu:.2f}x CPU, "
            f"{memory:.2f}x memory (ceiling {MEMORY_CEILING:.2f}x)", passed)


def summarize(results, floors):
    """Prints medians and the one summary line; `results` is set → system → runs.

    False when a run was wrong or, with `floors`, when something is below a floor."""
    summaries = []
    passed = True
    for set_name, systems in results.items():
        found = {}
        for name, runs in systems.items():
            found[name] = medians(runs)
            passed = passed and bool(runs) and all(run.right for run in runs)
            if found[name] is not None:
                rate, cpu, memory = found[name]
                print(f"set {set_name} median  {name:<14}{rate:>11,.0f} events/s {cpu:>8.1f} CPU s {memory:>7,.0f} MiB")
        if len(systems) == 2:
            text, enough = compare(set_name, found["odometer"], found["kafka-streams"])
            summaries.append(text)
            passed = passed and (enough or not floors)
        else:
            (name, runs), = systems.items()
            summaries.append(f"{set_name} {name} {sum(run.right for run in runs)} of {len(runs)} runs right")
    print(f"bench: {'; '.join(summaries)}: {'PASS' if passed else 'FAIL'}")
    return passed
