"""How the compared systems are built and started."""
import datetime
import pathlib
import re
import shutil
import subprocess
import textwrap

from harness.broker import free_ports

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PEER = ROOT / "bench" / "peers" / "kafka-streams"


def find(pattern, log_path):
    """The first match of `pattern` in a log."""
    with open(log_path, encoding="utf-8", errors="replace") as log:
        for line in log:
            match = re.search(pattern, line)
            if match:
                return match
    raise RuntimeError(f"{log_path} does not say when the first event was taken up")


class Odometer:
    name = "odometer"

    def __init__(self, folder, build):
        self._folder = folder
        self._state = folder / "state" / self.name
        self._build = build

    def build(self, log_path):
        self._build.build(["odometer"], log_path)

    def command(self, broker, topic, application):
        self.clean()
        broker.create_topic(f"{application}-dead-letters")
        config = self._folder / "odometer.yaml"
        config.write_text(textwrap.dedent(f"""\
            application: {application}
            state.dir: {self._state}
            topics: {{events: {topic}, dead_letters: {application}-dead-letters}}
            kafka: {{bootstrap.servers: "{broker.address}"}}
            tiers: [{{size: 1m, retention: forever}}]
            totals: false
            processor.listen: 127.0.0.1:{free_ports(1)}
            """), encoding="utf-8")
        return [self._build.odometer(), "processor", "--config", config]

    def first_event_s(self, log_path):
        at = find(r"^(\S+)Z info .*task open ", log_path)[1]
        return datetime.datetime.fromisoformat(at + "+00:00").timestamp()

    def clean(self):
        shutil.rmtree(self._state, ignore_errors=True)


class KafkaStreams:
    name = "kafka-streams"

    def __init__(self, folder, heap):
        self._state = folder / "state" / self.name
        self._heap = heap

    def build(self, log_path):
        jar = PEER / "target" / "peer.jar"
        sources = [PEER / "pom.xml", *PEER.glob("src/**/*")]
        if jar.exists() and jar.stat().st_mtime > max(path.stat().st_mtime for path in sources):
            return
        with open(log_path, "wb") as log:
            subprocess.run(["mvn", "-B", "-q", "package"], cwd=PEER, stdout=log, stderr=log, check=True)

    def command(self, broker, topic, application):
        shutil.rmtree(self._state, ignore_errors=True)
        jars = f"{PEER}/target/peer.jar:{PEER}/target/jars/*"
        return ["java", f"-Xmx{self._heap}", "-cp", jars, "odometer.bench.Peer",
                broker.address, topic, application, self._state]

    def first_event_s(self, log_path):
        return int(find(r"^first_event_ms=(\d+)", log_path)[1]) / 1000

    def clean(self):
        shutil.rmtree(self._state, ignore_errors=True)


class Build:
    """The programs of a CMake build folder."""

    def __init__(self, folder):
        self._folder = (folder or ROOT / "build" / "release").resolve()

    def build(self, targets, log_path):
        with open(log_path, "ab") as log:
            if not (self._folder / "build.ninja").exists():
                subprocess.run(["cmake", "--preset", "release", "-B", self._folder], cwd=ROOT, stdout=log, stderr=log,
                               check=True)
            subprocess.run(["cmake", "--build", self._folder, "--target", *targets], stdout=log, stderr=log, check=True)

    def tool(self, name):
        return self._folder / "bench" / "pipeline" / name

    def odometer(self):
        return self._folder / "odometer"
