"""What is broken: a broker, the processor behind a proxy, query and ingest, all real processes in a folder of their own."""

import os
import shutil
import signal
import tempfile
import threading

from broker import Broker
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from deployment import Deployment, free_port, wait_for
from disk import Disk
from orders import PARTITIONS as ORDER_PARTITIONS
from orders import RULES
from proxy import Proxy, proxied_settings

# Short, so that a pause outlasts them; 6 s is the least that a broker takes for a session.
SESSION_TIMEOUT_S = 6
TRANSACTION_TIMEOUT_S = 5
# A fault may find another one under way, and the machine busy.
PATIENCE_S = 240
# For a process to be ready while other faults strike.
PATIENCE_UNDER_FIRE_S = 90
SERVICES = ("processor", "query", "ingest")
PARTITIONS = 4
MAX_PARTITIONS = 12


class Cluster:
    """Use as a context manager. A fault may touch only what its lane owns, see faults."""

    def __init__(self, journal, settings=None):
        self.journal = journal
        self.folder = tempfile.mkdtemp(prefix="odometer-chaos-")
        self.keep = False
        self.keep_logs = False
        self.disk = Disk(self.folder + "/disk")
        self.proxy_port = free_port()
        self.broker = Broker(self.folder + "/broker", lambda port: proxied_settings(port, self.proxy_port))
        self.proxy = Proxy(self.proxy_port, self.broker.port + 2)
        self.settings = settings or {}
        self.deployment = None
        self.admin = None
        self.partitions = PARTITIONS
        self.outage_mutex = threading.RLock()  # held while the broker is out of reach, or must not be
        self._started = []

    def __enter__(self):
        self.broker.start()
        self.proxy.start()
        os.environ["ODOMETER_TEST_DIR"] = self.folder
        settings = {
            "state.dir": self.state_folder,
            "session.timeout": f"{SESSION_TIMEOUT_S}s",
            "transaction.timeout": f"{TRANSACTION_TIMEOUT_S}s",
            "commit.interval": "250ms",  # each commit costs the broker much
            "memory.limit": "208MiB",  # small, so that it flushes and compacts now and then
            "rules.file": self.folder + "/rules.yaml",
        }
        self.deployment = Deployment(PARTITIONS, settings | self.settings, self.broker.address)
        self.deployment.create_topic(self.deployment.topic, PARTITIONS)
        self.deployment.create_topic(self.orders_topic, ORDER_PARTITIONS)
        with open(self.folder + "/rules.yaml", "w", encoding="utf-8") as file:
            file.write(RULES % self.orders_topic)
        self.admin = AdminClient({"bootstrap.servers": self.broker.address, "log_level": 0})
        for name in SERVICES:
            self.start(name)
        return self

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            for name in self.deployment.ports if self.deployment else ():
                self.deployment.print_log(name)
        for process in self._started:
            process.kill()
            process.wait()
        self.proxy.stop()
        self.broker.kill()
        if self.keep:
            print(f"kept: {self.folder} (the state: {self.disk.folder})")
            return
        self.disk.unmount()
        if self.keep_logs or kind is not None:
            shutil.rmtree(self.disk.folder, ignore_errors=True)
            shutil.rmtree(self.broker.folder + "/kafka", ignore_errors=True)
            print(f"kept: the logs in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def orders_topic(self):
        return self.deployment.name + ".orders"

    # --- the state folder ---

    @property
    def state_folder(self):
        return self.disk.folder + "/state"

    def remove_state(self, folder=None):
        folder = folder or self.state_folder
        while os.path.exists(folder):  # a query that answers from the database adds files of its own
            shutil.rmtree(folder, ignore_errors=True)

    # --- processes ---

    def start(self, name, *arguments, command=None, wait_ready=True):
        if (command or name) == "processor":
            arguments = ("--set", f"kafka.bootstrap.servers=127.0.0.1:{self.proxy_port}", *arguments)
        self.deployment.start(name, *arguments, command=command, wait_ready=False)
        self._started.append(self.deployment.processes[name])
        if wait_ready:
            self.wait_ready(name)

    def wait_ready(self, name):
        """One that does not get there under fire is then left in peace, and must."""
        try:
            wait_for(f"{name} to be ready", lambda: self.deployment.ready(name), PATIENCE_UNDER_FIRE_S)
        except AssertionError:
            with self.outage_mutex:
                wait_for(f"{name} to be ready in peace", lambda: self.deployment.ready(name), PATIENCE_S)

    def kill(self, name):
        """kill -9; returns the evidence that it is gone."""
        process = self.deployment.processes.pop(name)
        process.kill()
        code = process.wait()
        assert code == -signal.SIGKILL, f"{name} was to be killed and ended with {code}"
        self.journal.killed()
        return f"pid {process.pid} killed"

    def stop(self, name):
        """SIGTERM; one that the broker does not answer ends without a last commit once its time is over."""
        pid = self.deployment.processes[name].pid
        mark = self.deployment.log_mark(name)
        code = self.deployment.stop(name, check=False)
        in_time = code == 0
        assert in_time or (code == 1 and "not stopped after" in self.deployment.log(name, mark)), f"{name}: {code}"
        self.journal.bounced()
        return f"pid {pid} stopped " + ("in order" if in_time else "without a last commit, its time was over")

    def pause(self, name):
        """SIGSTOP; returns the process once it has stopped."""
        process = self.deployment.processes[name]
        process.send_signal(signal.SIGSTOP)
        wait_for(f"{name} to stop", lambda: state_of(process) == "T", 5, 0.001)
        return process

    def resume(self, process):
        assert state_of(process) == "T", f"pid {process.pid} was not stopped any more: {state_of(process)}"
        process.send_signal(signal.SIGCONT)

    def take(self, name):
        """The process, which from now on may end when it likes."""
        return self.deployment.processes.pop(name)

    def give(self, name, process):
        self.deployment.processes[name] = process

    def ended_alone(self):
        """Those that are not running although nobody has stopped them, each with its exit code."""
        running = list(self.deployment.processes.items())
        return [f"{name} ended by itself with {process.poll()}" for name, process in running if process.poll() is not None]

    def opened_tasks(self, mark):
        """[(topic/partition, restored in full, records restored)] of the processor since this mark of its log."""
        opened = []
        for line in self.deployment.log("processor", mark).splitlines():
            if "task open" in line:
                fields = dict(field.split("=", 1) for field in line.split() if "=" in field)
                opened.append((fields["partition"], fields["restore"] == "full", int(fields["restored_records"])))
        return opened

    # --- the broker's view; None while the broker cannot say ---

    def wait_until_counting(self):
        """Until the processor has committed once more: what comes earlier would only add to the same outage."""
        before = wait_for("the committed offsets", self.deployment.committed, PATIENCE_S, 0.2)

        def counted():
            now = self.deployment.committed()
            return now is not None and sum(now) > sum(before)

        wait_for("the processor to count", counted, PATIENCE_S, 0.2)

    def members(self):
        try:
            groups = self.admin.list_groups(self.deployment.name, 5)
        except KafkaException:
            return None
        return len(groups[0].members) if groups else 0

    def open_transactions(self):
        """The partitions of the totals' changelog that lie open under a transaction."""
        topic = f"{self.deployment.name}-{self.deployment.topic}-totals-changelog"
        ends = []
        for isolation in ("read_committed", "read_uncommitted"):
            consumer = Consumer(
                {
                    "bootstrap.servers": self.broker.address,
                    "group.id": self.deployment.name + "-look",
                    "isolation.level": isolation,
                    "log_level": 0,
                }
            )
            try:
                found = [consumer.get_watermark_offsets(TopicPartition(topic, p), 2)[1] for p in range(PARTITIONS)]
            except KafkaException:
                return None
            finally:
                consumer.close()
            ends.append(found)
        return [p for p, (stable, high) in enumerate(zip(*ends)) if stable < high]


def state_of(process):
    """The kernel's letter for what the process does: T is stopped."""
    with open(f"/proc/{process.pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]


