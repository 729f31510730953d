"""No file over 600 lines and no function over 80 without a reason in allowed.txt."""
import ast
import pathlib
import re

import cpp_source

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 80
_CODE = (".h", ".cc", ".py", ".sh", ".java", ".js", ".mjs", ".ts", ".tsx", ".cmake")


def read_allowed(path):
    """The paths, or `path:function`, of allowed.txt. A line is `path | reason`."""
    allowed = set()
    for line in path.read_text().splitlines() if path.is_file() else []:
        if not line.strip() or line.startswith("#"):
            continue
        name, _, reason = line.partition("|")
        if not reason.strip():
            raise SystemExit(f"{path}: '{name.strip()}' has no reason")
        allowed.add(name.strip())
    return allowed


def _functions(name, text):
    """(first line, last line, name) of each function."""
    if name.endswith((".h", ".cc")):
        for first, last, head in cpp_source.functions(text):
            match = re.search(r"([\w:~]+)\s*\(", head)
            yield first, last, match.group(1) if match else head
    elif name.endswith(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.lineno, node.end_lineno, node.name
    elif name.endswith(".sh") or text.startswith(("#!/usr/bin/env bash", "#!/bin/bash", "#!/bin/sh")):
        for match in re.finditer(r"^(\w+)\(\) \{\n.*?^\}", text, re.MULTILINE | re.DOTALL):
            first = text.count("\n", 0, match.start()) + 1
            yield first, first + match.group(0).count("\n"), match.group(1)


def check_sizes(root, files):
    allowed = read_allowed(root / "tests/architecture/allowed.txt")
    breaches = []
    used = set()
    for name in files:
        script = not pathlib.PurePath(name).suffix and name.split("/")[0] != ".git"
        if not name.endswith(_CODE) and not script:
            continue
        try:
            text = (root / name).read_text()
        except UnicodeDecodeError:
            continue
        if script and not text.startswith("#!"):
            continue
        lines = text.count("\n")
        if lines > MAX_FILE_LINES:
            used.add(name)
            if name not in allowed:
                breaches.append(f"{name}:1: {lines} lines, over {MAX_FILE_LINES}")
        for first, last, function in _functions(name, text):
            if last - first + 1 > MAX_FUNCTION_LINES:
                used.add(f"{name}:{function}")
                if f"{name}:{function}" not in allowed:
                    breaches.append(f"{name}:{first}: {function} has {last - first + 1} lines, over {MAX_FUNCTION_LINES}")
    breaches += [f"tests/architecture/allowed.txt: {name} is no longer needed" for name in sorted(allowed - used)]
    return breaches
