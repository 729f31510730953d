"""The small disk that the state lies on: a tmpfs where mounting is allowed, else a folder, which cannot become full."""

import os
import subprocess

DISK_BYTES = 256 << 20
FILLER = "filler"


class Disk:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "odometer-chaos", folder]
        done = subprocess.run(mount, capture_output=True, text=True)
        self.mounted = done.returncode == 0
        self.why_not_mounted = done.stderr.strip()

    def fill(self):
        """Until the disk takes no byte more; returns how many it took."""
        written = 0
        with open(os.path.join(self.folder, FILLER), "ab", buffering=0) as filler:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        written += filler.write(bytes(size))
                except OSError:
                    continue
        return written

    def free(self):
        try:
            os.remove(os.path.join(self.folder, FILLER))
        except FileNotFoundError:
            pass

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.folder], check=False)
