#!/usr/bin/env python3
"""Makes C++ of files: embed_files.py FUNCTION OUTPUT [FILE or FOLDER]...

Writes OUTPUT.pack, all files compressed, and OUTPUT.cc, which takes the pack into the binary and defines
`http::StaticFiles odometer::FUNCTION()` (common/http/static_files.h). A file's name is its path from its folder."""
import gzip
import hashlib
import pathlib
import re
import sys

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
# The content's hash is in the name, so that another content has another name.
HASHED_NAME = re.compile(r"\.[0-9a-f]{8,}\.[a-z0-9]+$")

SOURCE = """// Made by cmake/embed_files.py of the pack {digest}.
#include "common/http/static_files.h"

asm(R"(
.pushsection .rodata
.balign 16
odometer_pack_{function}:
.incbin "{pack}"
.popsection
)");
extern "C" const char odometer_pack_{function}[] __attribute__((visibility("hidden")));

namespace odometer {{

http::StaticFiles {function}();
http::StaticFiles {function}() {{
  static const http::StaticFile kFiles[] = {{
{entries}
  }};
  return http::StaticFiles(kFiles).first({count});
}}

}}  // namespace odometer
"""


def found_files(arguments):
    """(name, path), sorted."""
    found = {}
    for argument in map(pathlib.Path, arguments):
        if argument.is_dir():
            found.update({path.relative_to(argument).as_posix(): path for path in argument.rglob("*") if path.is_file()})
        else:
            found[argument.name] = argument
    return sorted(found.items())


def main():
    function, output, *arguments = sys.argv[1:]
    pack, entries = bytearray(), []
    for name, path in found_files(arguments):
        content_type = CONTENT_TYPES.get(path.suffix)
        if content_type is None or not re.fullmatch(r"[\w./-]+", name, re.ASCII):
            sys.exit(f"{path}: a name or an ending that cmake/embed_files.py does not know")
        content = path.read_bytes()
        compressed = gzip.compress(content, 9, mtime=0)
        tag = hashlib.sha256(content).hexdigest()[:32]
        hashed = "true" if HASHED_NAME.search(name) else "false"
        entries.append(f'      {{"{name}", "{content_type}", "{tag}", {hashed}, {len(content)},\n'
                       f"       {{odometer_pack_{function} + {len(pack)}, {len(compressed)}}}}},")
        pack += compressed
    pathlib.Path(output + ".pack").write_bytes(pack or b"\0")
    source = SOURCE.format(function=function, pack=pathlib.Path(output + ".pack").resolve(), count=len(entries),
                           digest=hashlib.sha256(pack).hexdigest(), entries="\n".join(entries or ["      {},"]))
    pathlib.Path(output + ".cc").write_text(source, encoding="utf-8")


if __name__ == "__main__":
    main()
