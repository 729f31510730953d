"""Requests and the answers that a client relies on, as a table. What is written is read back by min-offset."""

import json


class Any:
    """Equals everything: what the test cannot know, such as the time."""

    def __eq__(self, other):
        return True

    def __repr__(self):
        return "…"


ANY = Any()


class OneOf:
    """A list, or a text, that has this among others."""

    def __init__(self, member):
        self.member = member

    def __eq__(self, other):
        return any(self.member == each for each in other) if isinstance(other, list) else self.member in other

    def __repr__(self):
        return f"one of it {self.member!r}"


def answer_of(body, headers, expected):
    """The body in the form in which the row says it: text, or what the JSON stands for."""
    if isinstance(expected, str) or headers.get("content-type", "").split(";")[0] != "application/json":
        return body.decode()
    return json.loads(body)


def replay(http, rows):
    """Each row: "METHOD target", body or None, status, expected answer; optionally headers of the request, and headers of the
    answer. A body that is no text is sent as JSON. An answer that is a text must be exactly that. Returns how many there were.

    Read-your-writes: each request asks to see what the rows before have written."""
    written = {}
    for number, row in enumerate(rows):
        request, body, status, expected, *rest = row
        send = dict(rest[0] if rest else {})
        wanted_headers = rest[1] if len(rest) > 1 else {}
        method, target = request.split(" ", 1)
        if body is not None:
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
            body = body if isinstance(body, bytes) else body.encode()
            send.setdefault("Content-Type", "application/json")
        if written:
            send.setdefault("Min-Offset", ",".join(f"{place}@{offset}" for place, offset in written.items()))
        got, headers, answer = http.request(method, target, body, send)
        where = f"row {number}: {request[:200]} {(body or b'')[:200]!r}"
        assert got == status, f"{where}: {got}, not {status}: {answer[:300]!r}"
        for name, value in wanted_headers.items():
            assert headers.get(name) == value, f"{where}: {name}: {headers.get(name)}, not {value}"
        if expected is not ANY:
            shown = answer_of(answer, headers, expected)
            assert expected == shown, f"{where}: {shown!r}, not {expected!r}"
        for text in filter(None, headers.get("x-odometer-offset", "").split(",")):
            place, offset = text.rsplit("@", 1)
            written[place] = max(int(offset), written.get(place, -1))
    return len(rows)


def error(code=ANY, field=None, message=ANY):
    """Odometer's own error body."""
    said = {"code": code, "message": message}
    if field is not None:
        said["field"] = field
    return {"error": said}
