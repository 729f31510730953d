"""A Kafka broker of a test's own, which it may stop and kill."""

import pathlib
import socket
import subprocess

SCRIPT = pathlib.Path(__file__).resolve().with_name("broker.sh")


class Broker:
    """Keeps its data in `folder`. `settings(port)` gives the broker's own settings, as name=value."""

    def __init__(self, folder, settings=lambda port: []):
        self.folder = folder
        self.port = int(subprocess.run([SCRIPT, "free-port"], check=True, capture_output=True).stdout)
        self.address = f"127.0.0.1:{self.port}"
        self.settings = settings(self.port)

    def start(self):
        """Returns once it answers."""
        self._run("start", str(self.port), self.folder, *self.settings)

    def stop(self):
        self._run("stop", self.folder)

    def kill(self):
        """kill -9"""
        self._run("kill", self.folder)

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _run(self, *arguments):
        done = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True)
        assert done.returncode == 0, f"broker.sh {arguments[0]}: {done.stdout}{done.stderr}"
