#!/usr/bin/python3
# ctest: timeout=180
"""KiloMetric's gauges over HTTP: what rules count of a topic of orders, in ticks of a time zone across both changes of
its clock, per org, with the rules file read anew on SIGHUP."""

import datetime
import json
import os
import signal
import zoneinfo

from confluent_kafka import Producer
from deployment import Deployment, wait_for

ACME, OTHER = "acme-1f6c20d9be77", "other-90ab3e41c5d2"
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
HOUR = 3_600_000
RULES = """
org: acme
sources: [{topic: %s, post: true}]
time: /_time
gauges:
  revenue: {tick: 1d, timezone: Europe/Berlin}
  basket: {tick: 1h}
events:
  - on: order_placed
    do:
      - incr: {gauge: revenue, by: /amount}
      - set_value: {gauge: basket, value: /items/length}
"""


def midnight(day):
    return round(datetime.datetime.fromisoformat(day).replace(tzinfo=BERLIN).timestamp() * 1000)


class Client:
    def __init__(self, deployment, token):
        self.deployment = deployment
        self.headers = {"x-auth-token": token}

    def get(self, target, written=None):
        headers = {**self.headers, "min-offset": written} if written else self.headers
        status, _, body = self.deployment.http("query").request("GET", target, headers=headers)
        return status, json.loads(body)


def orders_topic(deployment):
    return deployment.name + ".orders"


def write_rules(deployment, text=RULES):
    with open(deployment.folder + "/rules.yaml", "w", encoding="utf-8") as file:
        file.write(text % orders_topic(deployment))


def place_orders(deployment, orders):
    producer = Producer({"bootstrap.servers": deployment.broker})
    for time, amount, items in orders:
        order = {"_type": "order_placed", "_time": time, "amount": amount, "items": items}
        producer.produce(orders_topic(deployment), json.dumps(order))
    assert producer.flush(30) == 0


def check_values(deployment, acme):
    days = ("2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26")
    hours = {"2026-03-29": 23, "2026-10-25": 25}
    place_orders(deployment, [(midnight(day) + hour * HOUR, hour + 1, ["a"] * (hour % 3))
                              for day in days for hour in range(hours.get(day, 24))])  # fmt: skip
    wanted = {str(midnight(day)): sum(range(1, hours.get(day, 24) + 1)) for day in days}
    wait_for("all orders", lambda: acme.get("/gauges/revenue") == (200, {"revenue": wanted}))
    first = midnight(days[0])
    status, answer = acme.get(f"/gauges/basket,revenue?start={first}&end={first + 2 * HOUR}")
    assert status == 200 and list(answer) == ["basket", "revenue"], answer
    assert list(answer["basket"].items()) == [(str(first + hour * HOUR), hour) for hour in range(3)], answer
    # Ticks that start and end lie in are whole.
    end = midnight("2026-10-25") + 20 * HOUR
    status, answer = acme.get(f"/gauges/revenue?start=2026-10-25T12:00:00Z&end={end}")
    assert status == 200 and answer == {"revenue": {str(midnight("2026-10-25")): 325}}, answer


def check_posted(acme, other):
    def post(client, body, content_type="application/json"):
        headers = {**client.headers, "Content-Type": content_type}
        status, headers, answer = client.deployment.http("ingest").request("POST", "/events", body, headers)
        return status, json.loads(answer), headers

    def order(amount, **more):
        time = midnight("2026-05-01")
        return json.dumps({"_type": "order_placed", "_time": time, "amount": amount, "items": [], **more})

    status, answer, headers = post(acme, order(5))
    assert status == 200 and len(answer["id"]) == 36, answer
    assert headers["x-odometer-offset"].startswith(orders_topic(acme.deployment) + "/"), headers
    may = "/gauges/revenue?start=2026-05-01&end=2026-05-01"

    def read(written):
        return acme.get(may, written) == (200, {"revenue": {str(midnight("2026-05-01")): total}})

    # Who hands on where it was written reads it at once.
    total = 5
    assert read(headers["x-odometer-offset"])
    for _ in range(20):
        total += 6
        status, answer, headers = post(acme, "\n".join(order(amount) for amount in (1, 2, 3)), "application/x-ndjson")
        assert status == 200 and len(set(answer["ids"])) == 3, answer
        assert read(headers["x-odometer-offset"])
    assert acme.get(may, orders_topic(acme.deployment) + "/99@0")[0] == 503
    assert acme.get(may, acme.deployment.name + ".nothing/0@0")[0] == 400
    # What the rules cannot count is told at once.
    bad = ((order("much"), "/amount"), (order(1, _time="soon"), "/_time"), ('{"amount":1}', "/_type"), ("{", ""))
    for body, field in bad:
        status, answer, _ = post(acme, body)
        assert status == 400 and answer["error"].get("field", "") == field, (body, answer)
    status, answer, headers = post(acme, order(1) + "\n" + order("much"), "application/jsonl")
    assert status == 400 and [item["index"] for item in answer["error"]["items"]] == [1], answer
    assert post(other, order(100))[0] == 404
    assert post(Client(acme.deployment, "none"), order(100))[0] == 403
    total += 1
    assert read(headers["x-odometer-offset"])
    return total


def check_orgs(acme, other):
    listed = [{"name": "basket", "tick": "1h", "timezone": "UTC"},
              {"name": "revenue", "tick": "1d", "timezone": "Europe/Berlin"}]  # fmt: skip
    assert acme.get("/gauges") == (200, listed)
    assert other.get("/gauges") == (200, [])
    assert other.get("/gauges/revenue")[0] == 404
    nobody = Client(acme.deployment, "none")
    for target in ("/gauges", "/gauges/revenue"):
        assert nobody.get(target) == (403, {"detail": "Could not validate credentials"})


def check_reload(deployment, acme, posted):
    write_rules(deployment, RULES.replace("1d, timezone: Europe/Berlin", "1mo, timezone: Europe/Berlin"))
    os.kill(deployment.processes["query"].pid, signal.SIGHUP)
    wait_for("the new ticks", lambda: acme.get("/gauges")[1][1]["tick"] == "1mo")
    sums = {"2026-03-01": 876, "2026-05-01": posted, "2026-10-01": 925}
    months = {str(midnight(month)): total for month, total in sums.items()}
    assert acme.get("/gauges/revenue") == (200, {"revenue": months}), acme.get("/gauges/revenue")
    write_rules(deployment, RULES.replace("Europe/Berlin", "Europe/Berln"))
    os.kill(deployment.processes["query"].pid, signal.SIGHUP)

    def logged():
        return "unknown time zone; the nearest is Europe/Berlin" in deployment.log("query")

    wait_for("the mistake to be told", logged)
    assert acme.get("/gauges")[1][1]["tick"] == "1mo"


def main():
    tokens = {ACME: "acme", OTHER: "other"}
    with Deployment(settings={"auth": {"tokens": tokens}}) as deployment:
        deployment.create_topic(orders_topic(deployment), 3)
        write_rules(deployment)
        for process in ("processor", "ingest", "query"):
            deployment.start(process, "--set", f"rules.file={deployment.folder}/rules.yaml")
        acme, other = Client(deployment, ACME), Client(deployment, OTHER)
        check_values(deployment, acme)
        posted = check_posted(acme, other)
        check_orgs(acme, other)
        check_reload(deployment, acme, posted)
    print("gauges tick as their rules say")


if __name__ == "__main__":
    main()
