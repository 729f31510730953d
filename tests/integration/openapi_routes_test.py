#!/usr/bin/python3
# ctest: timeout=180
"""Every route of schemas/openapi.yaml answers as documented, on every process that serves it: a request made of the
document's own examples gets a documented status and content type, and a body that fits the schema."""

import json
import pathlib
import re
import time
import urllib.parse

import yaml
from deployment import Deployment, wait_for
from jsonschema import Draft202012Validator
from live_client import LiveClient

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = yaml.safe_load((ROOT / "schemas/openapi.yaml").read_text(encoding="utf-8"))
PROCESSES = ("ingest", "query", "processor")
# What does not fit the metric that the examples make: it is active.
CONFLICTS = {("DELETE", "/metric/{code}"), ("POST", "/metric/{code}/activate")}
# They take the events of the examples, and have their gauge.
RULES = """
sources: [{topic: %s, post: true}]
gauges: {openapi.gauge: {tick: 1d}}
events: [{do: [{incr: openapi.gauge}]}]
"""


def resolve(node):
    """What a node stands for, if it is a reference."""
    while isinstance(node, dict) and set(node) == {"$ref"}:
        reference = node["$ref"]
        node = DOCUMENT
        for key in reference[2:].split("/"):
            node = node[key.replace("~1", "/")]
    return node


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in resolve(item).items():
            yield method.upper(), path, operation


def example_requests(path, operation):
    """Target, body and headers of a request with every example of the operation, for each content type that has one."""
    query = {}
    for parameter in map(resolve, operation.get("parameters", [])):
        if "example" not in parameter:
            assert not parameter.get("required"), f"{path}: {parameter['name']} is required and has no example"
        elif parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(str(parameter["example"]), safe=""))
        elif parameter["in"] == "query":
            query[parameter["name"]] = parameter["example"]
    target = path + ("?" + urllib.parse.urlencode(query) if query else "")
    if "requestBody" not in operation:
        yield target, None, {}
        return
    for content_type, content in operation["requestBody"]["content"].items():
        if "example" in content:
            body = content["example"]
            yield target, body if isinstance(body, str) else json.dumps(body), {"Content-Type": content_type}


def check_answer(where, method, operation, status, headers, body):
    assert str(status) in operation["responses"], f"{where}: {status} is not documented: {body[:300]!r}"
    response = resolve(operation["responses"][str(status)])
    content_type = headers.get("content-type", "").split(";")[0]
    content = response.get("content", {})
    if method == "HEAD" or status in (204, 307):
        assert not body, f"{where}: a body with {status}"
        return
    assert content_type in content, f"{where}: {content_type} is not documented for {status}"
    if content_type == "application/json":
        schema = {"$ref": "#/schema", "schema": content[content_type]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(json.loads(body))


def check_documented_headers(where, operation, status, headers):
    """Those of the answer are there, except those that only some have."""
    for name in resolve(operation["responses"][str(status)]).get("headers", {}):
        if name not in ("X-Odometer-Retained-From-Ms", "X-Odometer-Next-After"):
            assert name.lower() in headers, f"{where}: no {name}"


def check_live(deployment, process, where, path, operation):
    """The head of an answer that does not end."""
    web_socket = operation.get("x-websocket")
    with LiveClient(deployment.ports[process], next(example_requests(path, operation))[0], web_socket=web_socket) as client:
        assert client.status == (101 if web_socket else 200), f"{where}: {client.status}"
        if not web_socket:
            assert client.headers["content-type"] == "text/event-stream", where


def check_process(deployment, process):
    http = deployment.http(process)
    calls = 0
    for method, path, operation in operations():
        if process not in operation["x-served-by"]:
            status, _, _ = http.request(method, re.sub(r"\{\w+\}", "x", path))
            assert status in (404, 405), f"{process} {method} {path}: {status}, though it is not served there"
            continue
        where = f"{process} {method} {path}"
        success = resolve(operation["responses"].get("200", {}))
        if operation.get("x-websocket") or "text/event-stream" in success.get("content", {}):
            check_live(deployment, process, where, path, operation)
            calls += 1
            continue
        for request in example_requests(path, operation):
            status, headers, body = http.request(method, *request)
            check_answer(where, method, operation, status, headers, body)
            calls += 1
            if (method, path) in CONFLICTS:
                assert status == 409, f"{where}: {status}"
                continue
            assert status < 400, f"{where}: its own example {request} gets a {status}: {body[:300]!r}"
            check_documented_headers(where, operation, status, headers)
    return calls


def check_bad_requests(deployment):
    """A few of the documented errors, in the documented shape."""
    http = deployment.http("query")
    by_place = {(method, path): operation for method, path, operation in operations()}
    for method, path, target, body, expected in (
        ("GET", "/metric", "/metric?key=k", None, 400),
        ("GET", "/metric", "/metric?key=k&type=points&period=0", None, 400),
        ("GET", "/read", "/read?key=%FF&type=counter", None, 400),
        ("GET", "/data/metrics/{record}", "/data/metrics/no.such.record", None, 404),
        ("POST", "/data/metrics/", "/data/metrics/", "{}", 400),
        ("POST", "/data/metrics/", "/data/metrics/", '{"name":"x"}', 400),
        ("GET", "/data/metrics", f"/data/metrics?min-offset={deployment.topic}/0@999999999", None, 504),
    ):
        status, headers, answer = http.request(method, target, body, {"Content-Type": "application/json"})
        assert status == expected, f"{method} {target}: {status}"
        check_answer(f"{method} {target}", method, by_place[method, path], status, headers, answer)
    for method, target in (("POST", "/metric"), ("DELETE", "/read"), ("PUT", "/data/metrics/x")):
        assert http.request(method, target)[0] == 405, f"{method} {target}"


def check_every_view(deployment):
    """Each type of /metric fits its schema, with values in it."""
    query, ingest = deployment.http("query"), deployment.http("ingest")
    components = DOCUMENT["components"]
    for views in (("counter", "points"), ("gauge",), ("meter",), ("timer",), ("set",)):
        name = "view." + views[0]
        item = json.dumps({"name": name, "type": views[0], "value": 3})
        status, headers, _ = ingest.request("POST", "/ingest/metrics", item, {"Content-Type": "application/json"})
        assert status == 200
        for view in views:
            answer, _ = query.get_json("/metric", key=name, type=view, **{"min-offset": headers["x-odometer-offset"]})
            shape = {"counter": "Counter", "meter": "Meter", "timer": "Timer", "set": "Set"}.get(view, "Bucket") + "Value"
            assert len(answer["values"]) == 1, answer
            Draft202012Validator(components["schemas"][shape]).validate(answer["values"][0])


def main():
    with Deployment(settings={"query.min_offset.timeout": "3s"}) as deployment:
        rules = deployment.folder + "/rules.yaml"
        with open(rules, "w", encoding="utf-8") as file:
            file.write(RULES % (deployment.name + ".source"))
        deployment.create_topic(deployment.name + ".source", 1)
        for process in ("processor", "ingest", "query"):
            deployment.start(process, "--set", "rules.file=" + rules)
        # So that the example record is there to be read; deleted by the route that the document lists after it.
        status, _, _ = deployment.http("ingest").request(
            "POST", "/ingest/metrics", json.dumps({"level": "web", "name": "openapi.timer", "type": "TIMER", "value": 1}))
        assert status == 200
        wait_for("the record", lambda: deployment.http("query").get("/data/metrics/web.openapi.timer")[0] == 200)

        wait_for("definitions", lambda: deployment.http("ingest").get("/metric/")[0] == 200)

        started = time.monotonic()
        calls = {process: check_process(deployment, process) for process in PROCESSES}
        check_every_view(deployment)
        check_bad_requests(deployment)
        print(f"{calls} documented operations answered as documented, {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
