#!/usr/bin/python3
# ctest: timeout=900 heavy
"""The programs of docs/producers.md, each as it stands there but for its addresses and names: what they send is counted.

Those that the project's own packages can run must run. The others are run where their language is installed and what they
need can be fetched."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from deployment import Deployment, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/producers.md"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "odometer"
TIMEOUT_S = 300
CARGO = """[package]
name = "orders"
version = "0.1.0"
edition = "2021"

[dependencies]
rdkafka = "0.38"
serde_json = "1"
tokio = { version = "1", features = ["rt-multi-thread", "macros"] }
"""


def programs():
    """{language: program} of the page."""
    found = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    assert found.keys() == LANGUAGES.keys(), f"the page has {sorted(found)}, the test {sorted(LANGUAGES)}"
    return found


class CannotBeRun(Exception):
    """Here, for that reason."""


def run(folder, *command, fetches=False, **environment):
    """`fetches`: needs a network, and may not have one."""
    try:
        done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S, check=False)  # fmt: skip
    except FileNotFoundError as missing:
        raise CannotBeRun(str(missing)) from missing
    if done.returncode != 0:
        said = f"{' '.join(map(str, command))}: {done.returncode}: {done.stdout[-2000:]}"
        raise CannotBeRun(said) if fetches else AssertionError(said)


def python(folder, text):
    (folder / "orders.py").write_text(text)
    run(folder, "/usr/bin/python3", "orders.py")


def java(folder, text):
    (folder / "Orders.java").write_text(text)
    jars = next(CACHE.glob("kafka-*/kafka-clients-*.jar"), None)
    if jars is None or not shutil.which("javac"):
        raise CannotBeRun("no Java compiler, or no Kafka of the project's own")
    run(folder, "javac", "-cp", f"{jars.parent}/*", "Orders.java")
    run(folder, "java", "-cp", f"{jars.parent}/*:{folder}", "Orders")


def go(folder, text):
    (folder / "main.go").write_text(text)
    run(folder, "go", "mod", "init", "orders")
    run(folder, "go", "get", "github.com/twmb/franz-go/pkg/kgo@v1.19.5", fetches=True)
    run(folder, "go", "build", "-o", "orders", ".")
    run(folder, folder / "orders")


def javascript(folder, text):
    (folder / "orders.mjs").write_text(text)
    run(folder, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "kafkajs@2.2.4", fetches=True)
    run(folder, "node", "orders.mjs")


def rust(folder, text):
    (folder / "src").mkdir()
    (folder / "src/main.rs").write_text(text)
    (folder / "Cargo.toml").write_text(CARGO)
    target = CACHE / "producers-rust"  # what it needs is built once
    run(folder, "cargo", "fetch", fetches=True)
    run(folder, "cargo", "build", "--quiet", "--offline", CARGO_TARGET_DIR=str(target))
    run(folder, target / "debug/orders")


def cpp(folder, text):
    (folder / "orders.cc").write_text(text)
    run(folder, "g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "orders.cc", "-o", "orders", "-lrdkafka++", "-lrdkafka")
    run(folder, folder / "orders")


def bash(folder, text):
    (folder / "orders.sh").write_text(text)
    run(folder, "bash", "-e", "orders.sh")


LANGUAGES = {"python": python, "java": java, "go": go, "javascript": javascript, "rust": rust, "cpp": cpp, "bash": bash}
ALWAYS = ("python", "cpp", "bash")


def adapt(text, deployment, language):
    """Each program counts under names of its own."""
    for of_page, ours in (
        ("127.0.0.1:9092", deployment.broker),
        ("metrics.events", deployment.topic),
        ("orders", f"orders-{language}"),
        ("order-4711", f"order-{language}"),
        ("checkout_ms", f"checkout-{language}"),
    ):
        assert of_page in text, f"{language} says nothing of {of_page}"
        text = re.sub(rf"(?<![\w/]){re.escape(of_page)}(?!\w)", ours, text)
    return text


def check(deployment, language):
    http = deployment.http("query")

    def value(key, kind, **labels):
        answer, _ = http.get_json("/read", key=f"{key}-{language}", type=kind, **labels)
        return answer["values"][0] if answer["values"] else {}

    wait_for(f"the orders of {language}", lambda: value("orders", "counter").get("value") == 7)
    assert value("orders", "counter", **{"label.country": "de"})["value"] == 3
    timer = wait_for(f"the timer of {language}", lambda: value("checkout", "timer"))
    assert (timer["count"], timer["mean"]) == (1, 41.5), timer


def main():
    ran, left_out = [], []
    with Deployment() as deployment:
        for process in ("processor", "query"):
            deployment.start(process)
        for language, text in programs().items():
            with tempfile.TemporaryDirectory(dir=deployment.folder) as folder:
                try:
                    LANGUAGES[language](pathlib.Path(folder), adapt(text, deployment, language))
                except CannotBeRun as why:
                    assert language not in ALWAYS, why
                    left_out.append(f"{language}: {why}")
                    continue
            check(deployment, language)
            ran.append(language)
        deployment.wait_until_counted()
        deployment.expect_metric("processor", "odometer_events_consumed_total", 3 * len(ran))
    print(f"ran: {', '.join(ran)}")
    for reason in left_out:
        print(f"not run here: {reason}")


if __name__ == "__main__":
    main()
