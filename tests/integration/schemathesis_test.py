#!/usr/bin/python3
# ctest: timeout=900 heavy
"""Requests made of the OpenAPI document, good and bad ones by the thousand, against a real `odometer serve`: no 5xx, and no
status, content type, header or body that the document does not say. What was taken is then counted: a record that the ingest
accepts and the processor rejects would be a defect of either.

ODOMETER_TEST_LONG=1: fifteen minutes instead of 40 seconds. ODOMETER_TEST_SEED: the seed printed by a failed run."""

import fcntl
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys

from deployment import Deployment, free_port, wait_for

HERE = pathlib.Path(__file__).resolve().parent / "schemathesis"
REQUIREMENTS = HERE / "requirements.txt"
SECONDS = 900 if os.environ.get("ODOMETER_TEST_LONG") else 40
TOKEN = "api-4f9d3c21b7aa5e60"
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method", "allow_header_conformance")  # fmt: skip


def python_with_schemathesis():
    """The interpreter of an environment that has it, made once, outside of the repository, so that every clone has it."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "odometer"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = cache / f"schemathesis-{wanted}"
    python, complete = folder / "bin/python", folder / "complete"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            print(f"Fetching schemathesis to {folder} (once)")
            try:
                subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
                subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                                "--requirement", REQUIREMENTS], check=True)  # fmt: skip
            except subprocess.CalledProcessError as error:
                sys.exit(f"schemathesis could not be fetched ({error}): is there a network, and the package python3-venv?")
            complete.touch()
    return python


def run_schemathesis(port, seed):
    """With one worker: of two, Python 3.11's parser fails now and then (AST constructor recursion depth mismatch)."""
    command = [python_with_schemathesis(), "-c", "from schemathesis.cli import schemathesis; schemathesis()",
               "--config-file", HERE / "schemathesis.toml", "run", f"http://127.0.0.1:{port}/openapi.json",
               "--header", "x-auth-token: " + TOKEN, "--checks", ",".join(CHECKS), "--seed", str(seed), "--workers", "1",
               "--max-time", str(SECONDS), "--max-redirects", "0", "--request-timeout", "20", "--warnings", "off",
               "--suppress-health-check", "all", "--continue-on-failure", "--no-color"]  # fmt: skip
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def check_where_dialects_meet(deployment):
    """/metric is Kilometric's with a key; without one it is the way to Meterite's list, for who may see that."""
    http = deployment.http("serve")
    status, headers, _ = http.request("GET", "/metric?limit=5", headers={"x-auth-token": TOKEN})
    assert (status, headers["location"]) == (307, "/metric/?limit=5"), (status, headers)
    wait_for("the definitions", lambda: http.request("GET", "/metric/", headers={"x-auth-token": TOKEN})[0] == 200)
    status, _, body = http.request("GET", "/metric?key=k&type=counter", headers={"x-auth-token": TOKEN})
    assert (status, json.loads(body)) == (200, {"name": "k", "values": []}), body
    for target in ("/metric", "/metric/", "/metric?key=k&type=counter"):
        status, _, body = http.get(target)
        assert (status, body) == (403, b'{"detail":"Could not validate credentials"}'), (target, status, body)


def check_accounting(deployment):
    deployment.wait_until_counted()

    def accounting():
        status, _, body = deployment.http("serve").request("GET", "/api/v1/accounting", headers={"x-auth-token": TOKEN})
        assert status == 200, body
        counted = json.loads(body)
        return counted if counted["consumed"] else None

    counted = wait_for("the accounting", accounting)
    assert counted["balanced"] and counted["rejected"] == 0, f"accepted, but not counted: {counted}"
    return counted["consumed"]


def main():
    seed = int(os.environ.get("ODOMETER_TEST_SEED", random.randrange(2**31)))
    print(f"seed {seed}")
    port = free_port()
    settings = {"serve.listen": f"127.0.0.1:{port}", "auth": {"tokens": {TOKEN: "acme"}}}
    with Deployment(settings=settings) as deployment:
        deployment.ports["serve"] = port
        for process in ("processor", "serve"):
            deployment.start(process)
        check_where_dialects_meet(deployment)
        result = run_schemathesis(port, seed)
        assert result.returncode == 0, result.stdout[-20_000:]
        consumed = check_accounting(deployment)
        summary = result.stdout[result.stdout.rfind("= SUMMARY ="):]
        print(f"{summary}\n{consumed} records were written, none of which was rejected")


if __name__ == "__main__":
    main()
