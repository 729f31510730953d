"""Where a benchmark keeps its broker, records and logs."""
import contextlib
import pathlib
import shutil
import sys
import tempfile


@contextlib.contextmanager
def work_folder(kept):
    """`kept`, or a folder of its own that goes with it, unless something fails."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="odometer-bench-"))
    try:
        yield folder
    except BaseException:
        print(f"logs: {folder / 'logs'}", file=sys.stderr)
        raise
    else:
        shutil.rmtree(folder, ignore_errors=True)
