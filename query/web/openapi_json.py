#!/usr/bin/env python3
"""openapi_json.py OPENAPI.YAML OPENAPI.JSON: the document as it is served: as JSON, of this address, with paths that stand for
others written out, because few programs follow them, and in each operation what any may answer."""
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


def resolve(document, node):
    while "$ref" in node:
        *folders, name = node["$ref"].removeprefix("#/").split("/")
        node = document
        for key in (*folders, name):
            node = node[key]
    return copy.deepcopy(node)


def merged(own, any_response):
    """Its own response, or the one that any operation may give under the same status."""
    for content_type, content in any_response.get("content", {}).items():
        schema = own.setdefault("content", {}).setdefault(content_type, content)["schema"]
        if schema != content["schema"]:
            own["content"][content_type]["schema"] = {"anyOf": [schema, content["schema"]]}
    return own


def add_any_responses(document):
    any_responses = document["components"].pop("x-any-responses")
    for item in document["paths"].values():
        for method, operation in item.items():
            responses = operation["responses"]
            for status, response in any_responses.items():
                said = copy.deepcopy(response)
                if method == "head":
                    said.pop("content")
                responses[status] = merged(resolve(document, responses[status]), said) if status in responses else said
            operation["responses"] = dict(sorted(responses.items()))


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    write_out(document)
    add_any_responses(document)
    document["servers"] = [{"url": "/", "description": "this address"}]
    with open(target, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
