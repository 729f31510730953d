"""Paths that Markdown names exist, and none is of somebody's machine."""
import glob
import pathlib
import re

_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_WORD = re.compile(r"[\w.][\w./*{},-]*")
_MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:tmp|home|root|work|Users)(?:/|\b)")
# Made by building or running, so not in the repository.
_GENERATED = ("build/", "node_modules/")


def _exists(root, path):
    path = path.rstrip("/.,")
    if "{" in path:  # a/{b,c}.h
        before, _, rest = path.partition("{")
        choices, _, after = rest.partition("}")
        return all(_exists(root, before + choice + after) for choice in choices.split(","))
    return bool(glob.glob(str(root / path))) if "*" in path else (root / path).exists()


def named_paths(text, folders):
    """(line, path) of what looks like a path from the root: in code, beginning with one of the top-level folders."""
    for code in _CODE.finditer(text):
        for word in _WORD.finditer(code.group(0)):
            before = code.group(0)[:word.start()][-1:]
            if word.group(0).split("/")[0] in folders and "/" in word.group(0) and before not in ("/", "<", "~", "$", "-"):
                yield text.count("\n", 0, code.start() + word.start()) + 1, word.group(0)


def check_markdown(root, files):
    breaches = []
    folders = {name.split("/")[0] for name in files if "/" in name}
    for name in (name for name in files if name.endswith(".md")):
        text = (root / name).read_text()
        for line, path in named_paths(text, folders):
            if not path.startswith(_GENERATED) and not _exists(root, path):
                breaches.append(f"{name}:{line}: {path} does not exist")
        for link in _LINK.finditer(text):
            target = link.group(1).split("#")[0]
            line = text.count("\n", 0, link.start()) + 1
            if target and not re.match(r"[a-z]+:", target) and not (root / pathlib.Path(name).parent / target).exists():
                breaches.append(f"{name}:{line}: the link to {target} leads nowhere")
        for match in _MACHINE_PATH.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            breaches.append(f"{name}:{line}: {match.group(0)} is a path of one machine")
    return breaches
