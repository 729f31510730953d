#!/usr/bin/python3
"""compare.py PERIOD_STARTS: whether days, weeks and months begin where Python's zoneinfo says that they do, which reads
the same tzdata by itself. A day begins when the zone's clock first shows its midnight, or leaps over it: looked for minute
by minute near a change of the clock."""
import datetime
import subprocess
import sys
import zoneinfo

DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)
NOON = datetime.time(12)
UTC = datetime.timezone.utc
# Which leap over a midnight, go back over one, leave out or repeat a day, or have offsets that are no whole hours.
ODD = ["Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "America/Havana", "America/St_Johns",
       "Pacific/Apia", "Pacific/Kwajalein", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Tehran",
       "Africa/Casablanca", "Pacific/Chatham", "America/Asuncion", "Asia/Gaza", "UTC"]


def first_instant(day, zone):
    """In seconds since 1970."""
    midnight = datetime.datetime.combine(day, datetime.time())
    offsets = [datetime.datetime.combine(day + n * DAY, NOON, zone).utcoffset() for n in (-2, -1, 0, 1)]
    if len(set(offsets)) == 1:
        return round((midnight - offsets[0]).replace(tzinfo=UTC).timestamp())
    # To the second while that is not a minute of the zone.
    instant = (midnight - max(offsets) - 3 * MINUTE * 60).replace(tzinfo=UTC)
    step = MINUTE if all(offset.seconds % 60 == 0 for offset in offsets) else datetime.timedelta(seconds=1)
    while instant.astimezone(zone).replace(tzinfo=None) < midnight:
        instant += step
    return round(instant.timestamp())


def units(unit, first, last):
    day = first
    while day <= last:
        if unit == "1d" or (unit == "1w" and day.weekday() == 0) or (unit == "1mo" and day.day == 1):
            yield day
        day += DAY


def expected(name, unit, first, last):
    zone = zoneinfo.ZoneInfo(name)
    return sorted({first_instant(day, zone) for day in units(unit, first, last)})


def cases():
    for name in ODD:
        yield name, "1d", datetime.date(1960, 1, 1), datetime.date(2037, 11, 30)
        yield name, "1w", datetime.date(1925, 1, 5), datetime.date(2037, 11, 30)
    for name in sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}):  # no zones
        yield name, "1mo", datetime.date(1970, 1, 1), datetime.date(2037, 11, 1)
        yield name, "1d", datetime.date(2025, 10, 1), datetime.date(2026, 11, 30)


def main():
    wanted = [(case, expected(*case)) for case in cases()]
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
