#!/usr/bin/env python3
"""openapi_json.py OPENAPI.YAML OPENAPI.JSON: the document as it is served: as JSON, of this address, and with paths that stand
for others written out, because few programs follow them."""
import copy
import json
import sys

import yaml


def write_out(document):
    paths = document["paths"]
    for path, item in paths.items():
        if "$ref" not in item:
            continue
        name = item["$ref"].removeprefix("#/paths/").replace("~1", "/").replace("~0", "~")
        paths[path] = copy.deepcopy(paths[name])
        for operation in paths[path].values():
            # Each has a name of its own.
            operation["operationId"] += "_" + path.strip("/").replace("/", "_")


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    write_out(document)
    document["servers"] = [{"url": "/", "description": "this address"}]
    with open(target, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
