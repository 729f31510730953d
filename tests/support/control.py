"""`odometer start`, `stop`, `restart`, `status` and `logs`, as a user gives them, and what they leave behind."""

import json
import os
import signal
import subprocess

NOT_RUNNING = 3


class Control:
    def __init__(self, deployment, folder=None):
        """`folder`: the one in which the commands are given."""
        self.deployment = deployment
        self.folder = folder
        self.run_dir = deployment.folder + "/state/run"
        # Ours would be taken for settings; a proxy must not be asked for the processes of this machine.
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("ODOMETER_")}
        self.environment["http_proxy"] = "http://127.0.0.1:1"

    def begin(self, *arguments):
        command = [self.deployment.binary, *arguments, "--config", self.deployment.config]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def __call__(self, *arguments, code=0):
        """What it printed; it must end with this code."""
        process = self.begin(*arguments)
        output, _ = process.communicate(timeout=120)
        print(f"$ odometer {' '.join(arguments)}\n{output}", end="")
        assert process.returncode == code, f"{arguments}: {process.returncode} instead of {code}"
        return output

    def status(self, code=0):
        reports = [json.loads(line) for line in self("status", "--json", code=code).splitlines()]
        return {report["name"]: report for report in reports}

    def pid_file(self, name):
        return f"{self.run_dir}/{name}.pid"

    def pid(self, name):
        with open(self.pid_file(name), encoding="utf-8") as file:
            return int(file.read().split()[0])

    def processes(self):
        """(name, pid) of all that run with the deployment's configuration, whoever has started them."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                    words = file.read().split("\0")
            except OSError:
                continue
            if f"--config={self.deployment.config}" in words:
                found.append((words[1], int(pid)))
        return sorted(found)

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure:
            print(self.begin("logs", "-n", "40").communicate()[0])
        self.kill_everything()

    def kill_everything(self):
        """What runs yet, once a test is over."""
        for name, pid in self.processes():
            print(f"ends {name}, pid {pid}")
            os.kill(pid, signal.SIGKILL)
