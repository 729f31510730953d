"""Where the records of RocksDB's write-ahead log are: blocks of 32 KiB, in them fragments with a header of 7 bytes."""

import os
import struct

BLOCK_BYTES = 32_768
HEADER = struct.Struct("<IHB")  # checksum, length, type
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def newest_log(folder):
    """The newest log that has records: the very newest may be empty."""
    logs = sorted((int(name[:-4]), name) for name in os.listdir(folder) if name.endswith(".log"))
    for _, name in reversed(logs):
        path = os.path.join(folder, name)
        if os.path.getsize(path) > HEADER.size:
            return path
    raise AssertionError(f"there is no log with records in {folder}: {logs}")


def last_record(path):
    """(first byte, end) of the last record, which may reach over several blocks."""
    with open(path, "rb") as file:
        log = file.read()
    at, begin, end = 0, None, None
    while at + HEADER.size <= len(log):
        left = BLOCK_BYTES - at % BLOCK_BYTES
        if left < HEADER.size:
            at += left
            continue
        _, length, kind = HEADER.unpack_from(log, at)
        assert kind in (FULL, FIRST, MIDDLE, LAST), f"{path} has a fragment of type {kind} at {at}"
        if kind in (FULL, FIRST):
            begin = at
        at += HEADER.size + length
        end = min(at, len(log))
    assert begin is not None, f"{path} has no record"
    return begin, end
