"""Runs one system over a filled topic and measures it from outside."""
import dataclasses
import os
import signal
import subprocess
import time

from harness.broker import Progress

POLL_S = 0.05
LIMIT_S = 1800
REPORT_S = 15
TICKS = os.sysconf("SC_CLK_TCK")


class RunFailed(Exception):
    """The system ended by itself, did not reach the end, or did not stop."""


@dataclasses.dataclass
class Run:
    events: int
    seconds: float       # first event taken up, to the commit that covers the last one
    cpu_seconds: float   # user and system time of the process, from its start to that commit
    peak_mib: float      # highest resident memory until then
    right: bool = False  # every aggregate equals the oracle

    @property
    def rate(self):
        return self.events / self.seconds


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise RunFailed("the process has no memory any more")


def tail(path, lines=15):
    with open(path, encoding="utf-8", errors="replace") as log:
        return "".join(log.readlines()[-lines:])


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise RunFailed("it did not stop within 60 s") from None


def run(system, broker, topic, application, log_path, say):
    """Starts the system, waits until it has committed the whole topic, stops it."""
    progress = Progress(broker, application, topic)
    with open(log_path, "wb") as log:
        process = subprocess.Popen(system.command(broker, topic, application), stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL)
    try:
        end_s, cpu, peak = wait_for_end(process, progress, say)
        stop(process)
        events = sum(progress.ends)
        return Run(events, end_s - system.first_event_s(log_path), cpu, peak)
    except RunFailed as error:
        raise RunFailed(f"{error}\n{tail(log_path)}") from error
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        progress.close()


def wait_for_end(process, progress, say):
    """The wall time, CPU time and peak memory at which the group has committed up to the end of every partition."""
    start = shown = time.monotonic()
    while True:
        committed = progress.committed()
        now = time.monotonic()
        if committed is not None and all(c >= e for c, e in zip(committed, progress.ends)):
            return time.time(), cpu_seconds(process.pid), peak_mib(process.pid)
        if process.poll() is not None:
            raise RunFailed(f"it ended by itself with {process.returncode}")
        if now - start > LIMIT_S:
            raise RunFailed(f"it did not reach the end within {LIMIT_S} s")
        if now - shown > REPORT_S:
            shown = now
            say(f"{now - start:5.0f} s  {sum(committed or [0]):>9,} of {sum(progress.ends):,} committed")
        time.sleep(POLL_S)
