#!/usr/bin/python3
"""compare.py PERIOD_STARTS: whether days, weeks and months begin where Python's zoneinfo says that they do, which reads
the same tzdata by itself. A day begins when the zone's clock first shows its midnight, or leaps over it: looked for minute
by minute near a change of the clock."""
import datetime
import functools
import io
import pathlib
import subprocess
import sys
import zoneinfo

DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)
NOON = datetime.time(12)
UTC = datetime.timezone.utc
EPOCH = datetime.date(1970, 1, 1).toordinal()
NEAR = [n * DAY for n in (-2, -1, 0, 1)]
# Which leap over a midnight, go back over one, leave out or repeat a day, or have offsets that are no whole hours.
ODD = ["Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "America/Havana", "America/St_Johns",
       "Pacific/Apia", "Pacific/Kwajalein", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Tehran",
       "Africa/Casablanca", "Pacific/Chatham", "America/Asuncion", "Asia/Gaza", "UTC"]


@functools.lru_cache(maxsize=64)  # the days around one are those of the next one, too
def offset_at_noon(day, zone):
    """In seconds."""
    return round(datetime.datetime.combine(day, NOON, zone).utcoffset().total_seconds())


def first_instant(day, zone):
    """In seconds since 1970."""
    before, last, own, next_one = (offset_at_noon(day + n, zone) for n in NEAR)
    if before == last == own == next_one:
        return (day.toordinal() - EPOCH) * 86_400 - own
    midnight = datetime.datetime.combine(day, datetime.time())
    offsets = [datetime.timedelta(seconds=offset) for offset in (before, last, own, next_one)]
    # To the second while that is not a minute of the zone.
    instant = (midnight - max(offsets) - 3 * MINUTE * 60).replace(tzinfo=UTC)
    step = MINUTE if all(offset.seconds % 60 == 0 for offset in offsets) else datetime.timedelta(seconds=1)
    while instant.astimezone(zone).replace(tzinfo=None) < midnight:
        instant += step
    return round(instant.timestamp())


def units(unit, first, last):
    """The first days of all days, weeks or months."""
    days = range(first.toordinal(), last.toordinal() + 1)
    if unit == "1w":
        days = (day for day in days if day % 7 == 1)  # 1 January of year 1, which is 1, was a Monday
    found = map(datetime.date.fromordinal, days)
    return found if unit != "1mo" else (day for day in found if day.day == 1)


def rules_of(name):
    """The file of a zone: some have several names."""
    return next(pathlib.Path(path, name).read_bytes() for path in zoneinfo.TZPATH if pathlib.Path(path, name).exists())


@functools.cache
def expected(rules, unit, first, last):
    with io.BytesIO(rules) as file:
        zone = zoneinfo.ZoneInfo.from_file(file)
    return sorted({first_instant(day, zone) for day in units(unit, first, last)})


def cases():
    for name in ODD:
        yield name, "1d", datetime.date(1960, 1, 1), datetime.date(2037, 11, 30)
        yield name, "1w", datetime.date(1925, 1, 5), datetime.date(2037, 11, 30)
    for name in sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}):  # no zones
        yield name, "1mo", datetime.date(1970, 1, 1), datetime.date(2037, 11, 1)
        yield name, "1d", datetime.date(2025, 10, 1), datetime.date(2026, 11, 30)


def main():
    wanted = [(case, expected(rules_of(case[0]), *case[1:])) for case in cases()]
    lines = [f"{name} {unit} {starts[0]} {starts[-1]}\n" for (name, unit, _, _), starts in wanted]
    answer = subprocess.run([sys.argv[1]], input="".join(lines), text=True, capture_output=True, check=True).stdout
    wrong = 0
    for (case, starts), line in zip(wanted, answer.splitlines(), strict=True):
        if [str(start) for start in starts] == line.split():
            continue
        wrong += 1
        differ = sorted(set(map(str, starts)) ^ set(line.split()))
        print(f"{case[0]} {case[1]}: {len(starts)} starts wanted; {differ[:6] or line}")
    print(f"{len(wanted)} cases, {sum(len(starts) for _, starts in wanted)} starts, {wrong} wrong")
    sys.exit(1 if wrong or len(wanted) < 1000 else 0)


if __name__ == "__main__":
    main()
