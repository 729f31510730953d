#!/usr/bin/python3
# ctest: timeout=180
"""Two orgs on real processes and a real broker: what each writes, reads, sets and forgets is its own; tokens come and go on
SIGHUP without a restart; and no token is in any log, metric or answer."""

import hashlib
import json
import os
import signal
import subprocess

from deployment import Deployment, free_port, wait_for

ACME, ACME_READ, OTHER, HASHED, LATER = (
    "acme-5f0c6e0b7d4e", "acme-read-b1946ac92492", "other-d3b07384d113", "hashed-c157a79031e1", "later-6ae999552a0d")
TOKENS = {
    ACME: "acme",
    ACME_READ: {"org": "acme", "scope": "read"},
    OTHER: "other",
    "sha256:" + hashlib.sha256(HASHED.encode()).hexdigest(): "other",
}
REFUSED = b'{"detail":"Could not validate credentials"}'


class Tenant:
    """What one token can do. Keeps every answer, to look for tokens in it."""

    answers = []

    def __init__(self, deployment, token):
        self.deployment = deployment
        self.headers = {"x-auth-token": token}
        self.offsets = []  # of all that it has written

    def request(self, process, method, target, body=None, headers=None):
        answer = self.deployment.http(process).request(method, target, body, {**self.headers, **(headers or {})})
        self.answers.append((target, answer))
        return answer

    def write(self, method, process, target, body=None, headers=None):
        status, headers, answer = self.request(process, method, target, body, headers)
        assert status in (200, 204), f"{method} {target}: {status} {answer!r}"
        self.offsets.append(headers["x-odometer-offset"])

    def read(self, target, after=None):
        """The JSON that the query answers, with all that this tenant has written, or `after` instead of it."""
        offsets = (after or self).offsets
        headers = {"min-offset": ",".join(offsets)} if offsets else {}
        status, _, body = self.request("query", "GET", target, headers=headers)
        assert status == 200, f"{target}: {status} {body!r}"
        return json.loads(body)

    def counter(self, key):
        values = self.read(f"/read?key={key}&type=counter")["values"]
        return values[0]["value"] if values else None


def write_config(deployment, tokens):
    with open(deployment.config, encoding="utf-8") as file:
        config = json.load(file)
    config["auth"] = {"tokens": tokens}
    with open(deployment.config, "w", encoding="utf-8") as file:
        json.dump(config, file)


def check_isolation(deployment):
    acme, reader, other, hashed = (Tenant(deployment, token) for token in (ACME, ACME_READ, OTHER, HASHED))
    # The same names in both orgs, by each way to write; another org in the body is none of the client's business.
    acme.write("GET", "ingest", "/track?key=visits&value=5")
    acme.write("POST", "ingest", "/ingest/metrics",
               '[{"level":"web","name":"stock","type":"GAUGE","value":1,"org":"other"},'
               '{"name":"acmes.own","type":"COUNTER","value":9}]')
    other.write("GET", "ingest", "/track?key=visits&value=7")
    hashed.write("POST", "ingest", "/ingest/metrics", '{"level":"web","name":"stock","type":"GAUGE","value":2}')

    assert acme.counter("visits") == 5 and other.counter("visits") == 7
    assert acme.counter("acmes.own") == 9 and other.counter("acmes.own") is None
    assert acme.read("/data/metrics/web.stock")["value"] == 1
    assert hashed.read("/data/metrics/web.stock")["value"] == 2
    names = {record["name"] for record in other.read("/data/metrics", after=hashed)}
    assert names == {"visits", "stock"}, names
    assert {record["name"] for record in reader.read("/data/metrics", after=acme)} == {"visits", "stock", "acmes.own"}
    cardinality = other.read("/api/v1/status/cardinality", after=hashed)
    assert {row["org"] for row in cardinality["orgs"] + cardinality["names"]} == {"other"}, cardinality
    assert sum(task["series"] for task in cardinality["tasks"]) == 2, cardinality

    # Set and forget are the org's own too.
    other.write("POST", "query", "/data/metrics/", '{"name":"visits","type":"COUNTER","value":100,"org":"acme"}')
    assert acme.counter("visits") == 5 and other.read("/data/metrics/visits")["value"] == 100
    other.write("DELETE", "query", "/data/metrics/acmes.own")
    other.write("DELETE", "query", "/data/metrics/web.stock")
    other.write("DELETE", "query", "/data/metrics/visits")
    assert other.read("/data/metrics") == []
    assert acme.counter("visits") == 5 and acme.counter("acmes.own") == 9
    assert acme.read("/data/metrics/web.stock")["value"] == 1
    # The same id in another org is another event.
    for tenant in (acme, other):
        tenant.write("GET", "ingest", "/track?key=once", headers={"Idempotency-Key": "id-1"})
        assert tenant.counter("once") == 1

    status, _, body = reader.request("ingest", "GET", "/track?key=visits")
    assert (status, body) == (403, b'{"detail":"This token may not write"}')
    assert reader.request("query", "DELETE", "/data/metrics/web.stock")[0] == 403
    assert acme.counter("visits") == 5


def check_credentials(deployment):
    query = deployment.http("query")
    target = "/read?key=visits&type=counter"
    for headers in ({}, {"x-auth-token": ""}, {"x-auth-token": "acme"}, {"Cookie": "x-auth-token=acme"},
                    {"x-auth-token": "sha256:" + hashlib.sha256(HASHED.encode()).hexdigest()}):
        assert query.request("GET", target, headers=headers)[0::2] == (403, REFUSED), headers
    for where, headers in ((f"&x-auth-token={ACME}", {}), ("", {"Authorization": f"Bearer {ACME}"})):
        assert query.request("GET", target + where, headers=headers)[0] == 200
    for process in ("processor", "ingest", "query"):
        for probe in ("/livez", "/readyz", "/health", "/metrics"):
            assert deployment.http(process).get(probe)[0] == 200, f"{process} {probe}"

    # A browser: the cookie of the query is good at ingest too, because both have the token.
    _, headers, _ = query.request("GET", f"/?x-auth-token={ACME}", headers={"Accept": "text/html"})
    cookie = headers["set-cookie"].split(";")[0]
    assert "acme" not in cookie and "HttpOnly" in headers["set-cookie"] and "SameSite=Strict" in headers["set-cookie"]
    assert query.request("GET", target, headers={"Cookie": cookie})[0] == 200
    assert deployment.http("ingest").request("GET", "/track?key=c", headers={"Cookie": cookie})[0] == 204
    status, headers, _ = query.request("GET", "/logout", headers={"Cookie": cookie})
    assert (status, headers["location"]) == (307, "/") and "Max-Age=0" in headers["set-cookie"]
    return cookie


def hang_up(deployment, process):
    deployment.processes[process].send_signal(signal.SIGHUP)


def status_of(deployment, process, token=None, cookie=None):
    target = "/track?key=reload&value=0" if process == "ingest" else "/data/metrics"
    headers = {"x-auth-token": token} if token else {"Cookie": cookie}
    return deployment.http(process).request("GET", target, headers=headers)[0]


def log_lines(deployment, process, text):
    return sum(text in line for line in deployment.log(process).splitlines())


def check_reload(deployment, cookie):
    pids = {name: process.pid for name, process in deployment.processes.items()}
    tokens = {token: grant for token, grant in TOKENS.items() if token != ACME}
    write_config(deployment, {**tokens, LATER: "acme"})
    for process in ("ingest", "query"):
        assert status_of(deployment, process, LATER) == 403
        hang_up(deployment, process)
        wait_for("the new token", lambda: status_of(deployment, process, LATER) in (200, 204))
        assert status_of(deployment, process, ACME) == 403
        assert status_of(deployment, process, cookie=cookie) == 403, "a session outlived its token"
        assert status_of(deployment, process, OTHER) in (200, 204)
    assert Tenant(deployment, LATER).counter("visits") == 5

    for bad in ('{"auth": {"tokens": {"%s": ""}}}' % LATER, "auth: {tokens: {%s: x" % LATER, "", "{}"):
        with open(deployment.config, encoding="utf-8") as file:
            good = file.read()
        with open(deployment.config, "w", encoding="utf-8") as file:
            file.write(bad)
        before = log_lines(deployment, "query", "the tokens stay as they were")
        hang_up(deployment, "query")
        wait_for("the log to say so", lambda: log_lines(deployment, "query", "the tokens stay as they were") > before)
        assert status_of(deployment, "query", LATER) == 200 and status_of(deployment, "query", ACME) == 403
        with open(deployment.config, "w", encoding="utf-8") as file:
            file.write(good)
    hang_up(deployment, "processor")
    wait_for("the processor to say so", lambda: log_lines(deployment, "processor", "SIGHUP") == 1)
    assert {name: process.pid for name, process in deployment.processes.items()} == pids
    assert all(process.poll() is None for process in deployment.processes.values())


def check_nothing_tells(deployment, cookie):
    """Logs at the level trace, metrics, and the answers."""
    secrets = [token.encode() for token in (ACME, ACME_READ, OTHER, HASHED, LATER)] + [cookie.split("=")[1].encode()]
    for process in ("processor", "ingest", "query"):
        with open(deployment.log_path(process), "rb") as file:
            log = file.read()
        metrics = deployment.http(process).get("/metrics")[2]
        assert len(log) > 100 and len(metrics) > 100
        for secret in secrets:
            assert secret not in log, f"{secret} is in {process}'s log"
            assert secret not in metrics, f"{secret} is in {process}'s metrics"
    for target, (_, headers, body) in Tenant.answers:
        for secret in secrets:
            assert secret not in body and secret not in str(headers).encode(), target


def check_start_up(deployment):
    """Without tokens, only where no other machine comes."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ODOMETER_")}

    def start(*arguments):
        command = [deployment.binary, "query", "--set", "kafka.bootstrap.servers=" + deployment.broker, *arguments]
        return subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True)

    for listen in (f"0.0.0.0:{free_port()}", f"[::]:{free_port()}"):
        process = start("--listen", listen)
        _, log = process.communicate(timeout=30)
        assert process.returncode == 2, process.returncode
        for text in (listen, "set auth.tokens", "auth.open: true"):
            assert text in log, log
    for more in (["--listen", f"127.0.0.1:{free_port()}"],
                 ["--listen", f"0.0.0.0:{free_port()}", "--set", "auth.open=true"],
                 ["--listen", f"0.0.0.0:{free_port()}", "--set", 'auth.tokens={"%s":"acme"}' % ACME]):
        process = start(*more)
        lines = []
        wait_for("listening", lambda: "listening" in (lines.append(process.stderr.readline()) or lines[-1]))
        process.terminate()
        process.communicate(timeout=30)


def check_client(deployment):
    """`odometer get` shows the token of its environment."""
    command = [deployment.binary, "get", "visits", "--server", f"http://127.0.0.1:{deployment.ports['query']}"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "403" in refused.stderr, refused
    environment = {**os.environ, "ODOMETER_TOKEN": ACME}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert json.loads(answer.stdout)["values"][0]["value"] == 5, answer


def main():
    with Deployment(settings={"auth": {"tokens": TOKENS}, "log.level": "trace"}) as deployment:
        for process in ("processor", "ingest", "query"):
            deployment.start(process)
        check_isolation(deployment)
        cookie = check_credentials(deployment)
        check_client(deployment)
        check_reload(deployment, cookie)
        check_nothing_tells(deployment, cookie)
        check_start_up(deployment)
        print(f"{len(Tenant.answers)} requests of two orgs, none of which told of the other")


if __name__ == "__main__":
    main()
