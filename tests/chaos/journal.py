"""What happened when: printed as it happens, and counted for the summary."""

import threading
import time
from collections import Counter


class Journal:
    """Thread-safe."""

    def __init__(self):
        self._started = time.monotonic()
        self._mutex = threading.Lock()
        self.faults = Counter()
        self.skipped = Counter()
        self.kills = 0
        self.bounces = 0
        self.failures = []

    def say(self, text):
        with self._mutex:
            print(f"{time.monotonic() - self._started:6.1f} s  {text}", flush=True)

    def fired(self, kind, evidence):
        with self._mutex:
            self.faults[kind] += 1
        self.say(f"{kind}: {evidence}")

    def skip(self, kind, reason):
        """It cannot be done here, or not any more."""
        with self._mutex:
            self.skipped[kind] += 1
        self.say(f"{kind}: skipped, {reason}")

    def missing(self, kinds):
        """Those that have neither struck nor been skipped."""
        return [kind for kind in kinds if not self.faults[kind] and not self.skipped[kind]]

    def killed(self):
        """A process was ended with SIGKILL."""
        with self._mutex:
            self.kills += 1

    def bounced(self):
        """A process was stopped, in order, and started again."""
        with self._mutex:
            self.bounces += 1

    def failed(self, text):
        with self._mutex:
            self.failures.append(text)
        self.say(f"FAILED {text}")
