#!/usr/bin/python3
# ctest: timeout=180
"""Statsd by UDP and TCP into `odometer ingest`, on a real broker: what was sent with plain sockets is what the query
answers. Lines that are none cost nothing else, and what had arrived when ingest is stopped is counted."""

import json
import socket
import subprocess
import sys

from deployment import Deployment, free_port, wait_for

PACKETS = 2_000


def read(deployment, kind, **parameters):
    answer, _ = deployment.http("query").get_json("/read", type=kind, **parameters)
    return answer["values"]


def check_udp(deployment, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", port))
        for number in range(PACKETS):
            udp.send(f"udp.hits:1|c|#shard:{number % 2}\nudp.sampled:1|c|@0.5\nudp.ms:{number}|ms\nnonsense".encode())
            if number % 100 == 99:  # as fast as it takes them: loopback drops, too
                wait_for("the packets", lambda sent=4 * (number + 1): received(deployment) >= sent)
    deployment.wait_until_counted()
    assert read(deployment, "counter", key="udp.hits")[0]["value"] == PACKETS
    assert read(deployment, "counter", key="udp.hits", **{"label.shard": "1"})[0]["value"] == PACKETS / 2
    assert read(deployment, "counter", key="udp.sampled")[0]["value"] == 2 * PACKETS
    (timer,) = read(deployment, "timer", key="udp.ms")
    assert (timer["count"], timer["min"], timer["max"]) == (PACKETS, 0, PACKETS - 1), timer


def received(deployment):
    """Lines that were taken or refused."""
    metrics = deployment.metrics("ingest")
    return sum(value for name, value in metrics.items()
               if name.startswith(("odometer_ingest_accepted_total{dialect=\"statsd\"",
                                   "odometer_ingest_rejected_total{dialect=\"statsd\"")))  # fmt: skip


def check_tcp(deployment, port):
    lines = b"".join(b"tcp.hits:%d|c\n" % number for number in range(10_000))
    with socket.create_connection(("127.0.0.1", port)) as tcp:
        for begin in range(0, len(lines), 1_000):  # lines are cut anywhere
            tcp.sendall(lines[begin:begin + 1_000])
        tcp.sendall(b"stock:10|g\nstock:+5|g\nstock:-3|g\nusers:ann|s\nusers:bob|s\nusers:ann|s\n_sc|redis|0\nlast:7|c")
    wait_for("the lines", lambda: received(deployment) >= 4 * PACKETS + 10_008)
    deployment.wait_until_counted()
    assert read(deployment, "counter", key="tcp.hits")[0]["value"] == sum(range(10_000))
    assert read(deployment, "gauge", key="stock")[-1]["value"] == 12
    assert read(deployment, "counter", key="last")[0]["value"] == 7
    assert read(deployment, "set", key="users")[0]["value"] == 2


def check_stop(deployment, port):
    """What ingest has received it writes before it ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for _ in range(50):
            udp.sendto(b"stopped:1|c", ("127.0.0.1", port))
    deployment.stop("ingest")
    deployment.wait_until_counted()
    assert read(deployment, "counter", key="stopped")[0]["value"] == 50


def check_configuration(deployment):
    """Nobody opens the port to other machines by accident."""
    arguments = [deployment.binary, "ingest", "--config", deployment.config]
    refused = subprocess.run([*arguments, "--set", "ingest.statsd.listen=0.0.0.0:8125"], capture_output=True, text=True,
                             timeout=60, env={"PATH": "/usr/bin:/bin"}, check=False)
    assert refused.returncode == 2 and "ingest.statsd.open" in refused.stderr, refused


def main():
    port = free_port()
    settings = {"ingest.statsd.listen": f"127.0.0.1:{port}", "ingest.statsd.org": "ops",
                "auth": {"tokens": {"statsd-test-token-0123456789": "ops"}}}
    with Deployment(partitions=2, settings=settings) as deployment:
        http = deployment.http
        deployment.http = lambda name: WithToken(http(name))
        for process in ("processor", "ingest", "query"):
            deployment.start(process)
        check_udp(deployment, port)
        check_tcp(deployment, port)
        answer, _ = deployment.http("query").get_json("/api/v1/accounting")
        assert answer["balanced"] and answer["rejected"] == 0, json.dumps(answer)
        metrics = deployment.metrics("ingest")
        rejected = 'odometer_ingest_rejected_total{dialect="statsd",reason='
        assert metrics[rejected + '"unsupported"}'] == 1 and metrics[rejected + '"malformed"}'] == PACKETS, metrics
        assert metrics["odometer_statsd_lost_packets_total"] == 0, "the sender did not wait"
        check_configuration(deployment)
        check_stop(deployment, port)
    return 0


class WithToken:
    """Requests of the org whose lines they are."""

    def __init__(self, http):
        self.http = http

    def request(self, method, target, body=None, headers=None):
        return self.http.request(method, target, body, {"x-auth-token": "statsd-test-token-0123456789", **(headers or {})})

    def get(self, target, **query):
        if query:
            target += "?" + "&".join(f"{key}={value}" for key, value in query.items())
        return self.request("GET", target)

    def get_json(self, target, **query):
        status, headers, body = self.get(target, **query)
        assert status == 200, f"{target} {query}: {status} {body[:300]!r}"
        return json.loads(body), headers


if __name__ == "__main__":
    sys.exit(main())
