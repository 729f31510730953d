#!/usr/bin/python3
"""Receives alerts from `odometer webhook`: checks the signature, and prints each alert once.

Only the standard library. Put TLS in front of it.
"""
import argparse
import hashlib
import hmac
import http.server
import json
import os
import time

MAX_BODY_BYTES = 1 << 20
MAX_AGE_S = 300  # of a request: an older one may be somebody's copy


def is_genuine(headers, body, secret, now_s=None):
    """Whether a request with these headers and that body (bytes) comes from who knows the secret, and of now."""
    timestamp = headers.get("Odometer-Timestamp", "")
    if not timestamp.isdecimal():
        return False
    if abs((time.time() if now_s is None else now_s) - int(timestamp)) > MAX_AGE_S:
        return False
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest("v1=" + expected, headers.get("Odometer-Signature", ""))


class Receiver(http.server.BaseHTTPRequestHandler):
    secret = ""
    seen = set()  # ids: an alert may come more than once

    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size) if size <= MAX_BODY_BYTES else b""
        if not is_genuine(self.headers, body, self.secret):
            self.send_error(403)
            return
        alert_id = self.headers["Odometer-Alert-Id"]
        if alert_id not in self.seen:
            print(json.loads(body), flush=True)
            self.seen.add(alert_id)
        self.send_response(204)  # anything but 2xx, and it is sent again
        self.end_headers()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    Receiver.secret = os.environ["WEBHOOK_SECRET"]  # as alerts.webhook.secret
    http.server.ThreadingHTTPServer(("127.0.0.1", arguments.port), Receiver).serve_forever()


if __name__ == "__main__":
    main()
