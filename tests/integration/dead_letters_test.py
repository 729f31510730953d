#!/usr/bin/python3
# ctest: timeout=180
"""`odometer dead-letters` on a real broker: what was rejected is listed, and counted after a replay, exactly once, though
the replay is killed with -9 in between and run several times."""

import json
import signal
import subprocess
import sys
import time

from confluent_kafka import Producer
from deployment import Deployment

TOO_EARLY = 3_000
MALFORMED = 5
# An event from 5 min ahead is rejected; from so much more it is not after this time.
AHEAD_MS = 6_000


def command(deployment, *arguments):
    return [deployment.binary, "dead-letters", *arguments, "--config", deployment.config]


def run(deployment, *arguments, code=0):
    """What the command prints."""
    done = subprocess.run(command(deployment, *arguments), capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == code, done
    return done.stdout


def produce(deployment):
    producer = Producer({"bootstrap.servers": deployment.broker, "linger.ms": 5})
    ts = int(time.time() * 1000) + 300_000 + AHEAD_MS
    for i in range(TOO_EARLY):
        event = {"name": "early", "value": i, "ts": ts}
        producer.produce(deployment.topic, json.dumps(event), partition=i % 2, headers={"trace": str(i)})
        producer.poll(0)
    for i in range(MALFORMED):
        producer.produce(deployment.topic, b"\x1b[2Jnonsense", partition=0)
    assert producer.flush(30) == 0
    return ts


def kill_a_replay(deployment):
    """Kills it once it has replayed some letters, and not all; how many it had told by then."""
    process = subprocess.Popen(command(deployment, "replay", "--reason", "from_the_future"), text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin"})
    line = process.stderr.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert line.endswith("replayed\n"), line
    return int(line.split()[0])


def accounting(deployment):
    offsets = ",".join(f"{deployment.topic}/{p}@{end - 1}" for p, end in enumerate(deployment.ends()))
    answer, _ = deployment.http("query").get_json("/api/v1/accounting", **{"min-offset": offsets})
    assert answer["balanced"], answer
    return answer


def main():
    with Deployment(partitions=2, settings={"query.min_offset.timeout": "15s"}) as deployment:
        deployment.start("processor")
        deployment.start("query")
        ts = produce(deployment)
        rejected = {"from_the_future": TOO_EARLY, "malformed": MALFORMED}
        assert accounting(deployment)["rejected_by_reason"] == rejected

        letters = [json.loads(line) for line in run(deployment, "list", "--json").splitlines()]
        assert len(letters) == TOO_EARLY + MALFORMED, len(letters)
        places = {(letter["record"]["partition"], letter["record"]["offset"]) for letter in letters}
        assert len(places) == len(letters)
        rows = run(deployment, "list", "--reason", "malformed", "--limit", "2").splitlines()
        assert len(rows) == 3 and "\\x1b[2Jnonsense" in rows[1], rows
        assert run(deployment, "list", "--since", "2020-01-01", "--reason", "bad_org").count("\n") == 1
        run(deployment, "list", "--reason", "no_such_reason", code=2)

        dry = run(deployment, "replay", "--reason", "from_the_future", "--dry-run")
        assert f"{TOO_EARLY} dead letters would be replayed" in dry, dry[-200:]
        assert accounting(deployment)["consumed"] == TOO_EARLY + MALFORMED

        time.sleep(max(0.0, (ts - 300_000) / 1000 - time.time()))
        told = kill_a_replay(deployment)
        assert 0 < told < TOO_EARLY, told
        print(run(deployment, "replay", "--reason", "from_the_future"), end="")
        again = run(deployment, "replay", "--reason", "from_the_future")
        assert again == f"0 of 0 dead letters replayed, {TOO_EARLY} were replayed before\n", again
        counted = accounting(deployment)
        assert counted["applied"] == TOO_EARLY, counted
        assert counted["rejected_by_reason"] == rejected, counted
        values, _ = deployment.http("query").get_json("/read", key="early", type="counter")
        assert values["values"][0]["value"] == sum(range(TOO_EARLY)), values

        # What is wrong for good is rejected again, and is a new letter.
        print(run(deployment, "replay"), end="")
        assert accounting(deployment)["rejected_by_reason"]["malformed"] == 2 * MALFORMED
        left = [json.loads(line) for line in run(deployment, "list", "--json").splitlines()]
        assert [letter["reason"] for letter in left] == ["malformed"] * MALFORMED, left
        run(deployment, "replay", "--to", deployment.name + ".none", code=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
