#!/usr/bin/python3
"""Checks of the repository as a whole: check.py [--root DIR] dependencies|sizes|markdown|readmes.

Prints each breach as `path:line: what`, and exits with 1 if there is any. Exceptions, each with its reason, are in
allowed.txt beside this file.
"""
import argparse
import os
import pathlib
import subprocess
import sys

import cpp_source
import markdown
import sizes

# Which folders of the product a folder's files may include, itself apart.
_COMMON = ["common/base", "common/model", "common/encoding", "common/kafka", "common/store", "common/auth", "common/http",
           "common/state"]
MAY_INCLUDE = {
    "common/base": [],
    "common/model": ["common/base"],
    "common/encoding": ["common/base", "common/model"],
    "common/kafka": ["common/base", "common/model"],
    "common/store": ["common/base", "common/model"],
    "common/auth": ["common/base", "common/model"],
    "common/http": ["common/base", "common/model", "common/auth"],
    "common/state": ["common/base", "common/model", "common/encoding", "common/kafka", "common/store", "common/http"],
    "rules": ["common/base", "common/model"],
    "processor": _COMMON + ["rules"],
    "query": _COMMON,
    "ingest": _COMMON,
    "webhook": _COMMON,
    "cli": _COMMON + ["processor", "query", "ingest", "webhook", "rules"],
}
# Which files of the product may include a library's headers.
LIBRARY_ONLY_IN = {
    "rocksdb/": ["common/store/*.cc", "common/store/*_internal.h"],
    "librdkafka/": ["common/kafka/rd_*.h", "common/kafka/rd_*.cc"],
    "google/protobuf": ["common/encoding/protobuf_event.cc"],
    "metric_event.pb.h": ["common/encoding/protobuf_event.cc"],
    "openssl/": ["common/auth/digest.cc", "common/http/web_socket_handshake.cc"],
    "zlib": ["common/http/static_files.cc"],
    "date/": ["common/model/time_zone.cc"],
    "curl/": ["webhook/curl_poster.cc", "webhook/target.cc", "cli/client/*.cc"],
    "re2/": ["rules/condition.cc"],
    "wslay/": ["common/http/web_socket_wire.cc"],
    "pistache/": ["common/http/*.h", "common/http/*.cc", "ingest/handlers/*", "query/handlers/*"],
}


def folder_of(path):
    """The product folder that a path from the root belongs to, or None."""
    for folder in MAY_INCLUDE:
        if path.startswith(folder + "/"):
            return folder
    return None


def repository_files(root):
    """Paths, from the root, of what is or would be in version control."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout.decode().split("\0")
        return sorted(name for name in set(listed) if name and (root / name).is_file())
    except (OSError, subprocess.CalledProcessError):
        skipped = {"build", ".git", "node_modules", "target", "__pycache__", ".cache"}
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in skipped]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
        return sorted(found)


def check_dependencies(root, files):
    breaches = []
    sources = [name for name in files if folder_of(name) and name.endswith((".h", ".cc"))]
    for name in sources:
        folder = folder_of(name)
        for line, target, quoted in cpp_source.includes((root / name).read_text()):
            if quoted:
                breaches += [f"{name}:{line}: {what}" for what in _own_include(root, name, folder, target)]
            for library, places in LIBRARY_ONLY_IN.items():
                if target.startswith(library) and not any(pathlib.PurePath(name).match(place) for place in places):
                    breaches.append(f"{name}:{line}: <{target}> may be included in {', '.join(places)} only")
    if not sources:
        breaches.append(f"{root}: no sources found")
    return breaches


def _own_include(root, name, folder, target):
    target_folder = folder_of(target)
    if not (root / target).is_file():
        yield f'"{target}" is no path from the root of the repository'
    elif target_folder is None:
        yield f'"{target}" is outside the product'
    elif target_folder != folder and target_folder not in MAY_INCLUDE[folder]:
        yield f"{folder} may not include {target_folder}"
    elif target_folder != folder and target.endswith("_internal.h"):
        yield f'"{target}" is for its own folder only'


def check_readmes(root, files):
    breaches = []
    for folder in sorted({name.split("/")[0] for name in files if "/" in name and not name.startswith(".")}):
        readme = root / folder / "README.md"
        if not readme.is_file():
            breaches.append(f"{folder}: has no README.md")
        elif not 3 <= len(readme.read_text().splitlines()) <= 40:
            breaches.append(f"{folder}/README.md: should be five to fifteen lines")
    return breaches


CHECKS = {
    "dependencies": check_dependencies,
    "sizes": sizes.check_sizes,
    "markdown": markdown.check_markdown,
    "readmes": check_readmes,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("check", choices=CHECKS)
    arguments = parser.parse_args()
    breaches = CHECKS[arguments.check](arguments.root, repository_files(arguments.root))
    print("\n".join(breaches))
    print(f"{arguments.check}: {len(breaches)} breaches")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
