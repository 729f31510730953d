"""A client of definitions and readings, that knows at any time what each metric must be: it is the only one to change
them. What it is not answered it sends again under the same key, until it is."""

import http.client
import json
import time

from deployment import Http, wait_for
from load import Sender

CODES = 12
COMMANDS_PER_SECOND = 8
LOW, HIGH = -50, 50
# For an answer, whatever strikes meanwhile.
PATIENCE_S = 300
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"


def minute_of(ts_s):
    return time.strftime(TIME_FORMAT, time.gmtime(ts_s - ts_s % 60))


class DefinitionClient(Sender):
    def __init__(self, port, seed):
        super().__init__("definitions", seed, COMMANDS_PER_SECOND)
        self.http = Http(port, attempts=1)
        self.metrics = {}  # code -> the metric as GET must show it
        self.ids = set()  # of all that ever were
        self.counted = []  # (code, value, ts in ms) of the readings
        self.alerts = []  # (code, reading, version)
        self.versions = {}  # code -> version
        self.repeats = 0

    def send(self, event_id):
        code = f"CODE_{self.rng.randrange(CODES)}"
        actions = (self.create, self.change, self.activate, self.deactivate, self.delete, self.record)
        self.rng.choices(actions, (2, 1, 1, 1, 1, 6))[0](code, event_id)

    def ask(self, method, target, request_id, expected, body=None):
        """The answer, which must have the expected status; what is not known is asked for again."""
        deadline = time.monotonic() + PATIENCE_S
        headers = {"Idempotency-Key": request_id, "Content-Type": "application/json"}
        while True:
            try:
                status, _, answer = self.http.request(method, target, body and json.dumps(body), headers)
                if status not in (429, 503, 504):
                    break
            except (OSError, http.client.HTTPException):
                status, answer = None, b""
            assert time.monotonic() < deadline, f"{method} {target} {request_id}: {status} {answer!r}"
            self.repeats += 1
            time.sleep(0.1)
        assert status == expected, f"{method} {target} {request_id}: {status} instead of {expected}, {answer!r}"
        return json.loads(answer)

    def create(self, code, request_id):
        body = {"code": code.lower(), "name": request_id, "min_reading": LOW, "max_reading": HIGH}
        body["truncate_reading_to"] = self.rng.choice([None, "minute"])
        if code in self.metrics:
            self.ask("POST", "/metric/", request_id, 409, body)
            return
        answer = self.ask("POST", "/metric/", request_id, 200, body)
        assert answer["id"] not in self.ids, f"{answer['id']} is given out twice"
        self.ids.add(answer["id"])
        self.versions[code] = 1
        empty = dict.fromkeys(("current_reading", "current_reading_at", "last_reading", "last_reading_at"))
        self.metrics[code] = {"id": answer["id"], "org": "default", **body, "code": code, "active": True, **empty, "meters": []}

    def change(self, code, request_id):
        body = {"name": request_id, "max_reading": HIGH + self.rng.randrange(-20, 20)}
        self.ask("PUT", f"/metric/{code}", request_id, 200 if code in self.metrics else 404, body)
        if code in self.metrics:
            self.metrics[code].update(body)
            self.versions[code] += 1

    def activate(self, code, request_id, active=True):
        metric = self.metrics.get(code)
        expected = 404 if metric is None else 409 if metric["active"] == active else 200
        self.ask("POST", f"/metric/{code}/{'activate' if active else 'deactivate'}", request_id, expected)
        if metric:
            metric["active"] = active

    def deactivate(self, code, request_id):
        self.activate(code, request_id, active=False)

    def delete(self, code, request_id):
        metric = self.metrics.get(code)
        self.ask("DELETE", f"/metric/{code}", request_id, 404 if metric is None else 409 if metric["active"] else 200)
        if metric and not metric["active"]:
            del self.metrics[code]

    def record(self, code, request_id):
        metric = self.metrics.get(code)
        at_s = int(time.time()) - self.rng.randrange(600)
        body = {"reading": self.rng.randrange(2 * LOW, 2 * HIGH), "reading_at": time.strftime(TIME_FORMAT, time.gmtime(at_s))}
        expected = 404 if metric is None else 200 if metric["active"] else 409
        answer = self.ask("POST", f"/metric/{code}", request_id, expected, body)
        if expected != 200:
            return
        if metric["truncate_reading_to"]:
            body["reading_at"] = minute_of(at_s)
            at_s -= at_s % 60
        reading = {**body, "metric_id": metric["id"], "recorded_at": answer["recorded_at"]}
        assert answer == reading, f"{request_id}: {answer} instead of {reading}"
        metric["last_reading"], metric["last_reading_at"] = metric["current_reading"], metric["current_reading_at"]
        metric["current_reading"], metric["current_reading_at"] = reading["reading"], reading["reading_at"]
        others = [other for other in metric["meters"] if other["reading_at"] != reading["reading_at"]]
        metric["meters"] = sorted([*others, reading], key=lambda meter: meter["reading_at"])
        self.counted.append((code, reading["reading"], at_s * 1000))
        if not metric["min_reading"] <= reading["reading"] <= metric["max_reading"]:
            self.alerts.append((code, reading["reading"], self.versions[code]))

    def differences(self, port):
        """Between what is served and what must be."""
        http_now = Http(port)
        wait_for("definitions to be served", lambda: http_now.get("/metric/")[0] == 200, PATIENCE_S)
        found = []
        for code in (f"CODE_{number}" for number in range(CODES)):
            status, _, body = http_now.get(f"/metric/{code}")
            served = json.loads(body) if status == 200 else None
            if status not in (200, 404) or served != self.metrics.get(code):
                found.append(f"{code}: {status} {body.decode()[:2000]} instead of {self.metrics.get(code)}")
        return found
