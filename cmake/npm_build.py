#!/usr/bin/env python3
"""Runs `npm ci` and `npm run build` in a copy of a source folder, unless what is there was made of the same sources.

npm_build.py [--npm PROGRAM] SOURCE WORK: the build finds in the environment variable ODOMETER_WEB_OUT where to write, which
is WORK/dist. Several builds may ask for the same at once; half a build is never taken for a whole one."""
import argparse
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

NOT_SOURCES = {"node_modules", "dist"}


def source_files(source):
    """Paths from SOURCE, sorted."""
    found = []
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        found += [pathlib.Path(folder, name).relative_to(source) for name in names]
    return sorted(found)


def fingerprint(source, files):
    digest = hashlib.sha256()
    for path in [pathlib.Path(__file__).resolve(), *(source / name for name in files)]:
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def content_of(path):
    return path.read_text() if path.is_file() else ""


def run(*command, folder, **environment):
    """Ends the program, with what to do, when the command fails."""
    try:
        subprocess.run(command, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"\nodometer: the web pages could not be built: {' '.join(command)}: {error}\n"
                 "  npm fetches what they need: is there a network?\n"
                 "  To build without the pages: cmake -DODOMETER_WEB=OFF, or deploy/local/up after\n"
                 "  cmake --preset release -DODOMETER_WEB=OFF")


def build(npm, source, work, files, wanted):
    copy, dist, stamp, installed = work / "copy", work / "dist", work / "built", work / "installed"
    stamp.unlink(missing_ok=True)
    copy.mkdir(exist_ok=True)
    for entry in copy.iterdir():
        if entry.name != "node_modules":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for name in files:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copy / name)
    packages = [path for path in (source / name for name in ("package.json", "package-lock.json", ".npmrc")) if path.exists()]
    needed = hashlib.sha256(b"".join(path.read_bytes() for path in packages)).hexdigest()
    if content_of(installed) != needed:
        installed.unlink(missing_ok=True)
        run(npm, "ci", "--prefer-offline", "--no-audit", "--no-fund", folder=copy)
        installed.write_text(needed)
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir()
    run(npm, "run", "--silent", "build", folder=copy, ODOMETER_WEB_OUT=str(dist))
    if not any(dist.iterdir()):
        sys.exit(f"odometer: npm run build wrote nothing into {dist}")
    stamp.write_text(wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--npm", default="npm")
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("work", type=pathlib.Path)
    arguments = parser.parse_args()
    source, work = arguments.source.resolve(), arguments.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    with open(work / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        files = source_files(source)
        wanted = fingerprint(source, files)
        if content_of(work / "built") != wanted:
            build(arguments.npm, source, work, files, wanted)


if __name__ == "__main__":
    main()
