"""A client of live streams on a bare socket: server-sent events, or the handshake of a WebSocket."""

import socket

HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


class LiveClient:
    """Connects, and reads the head of the answer. A context manager."""

    def __init__(self, port, target, last_event_id=None, web_socket=False, receive_buffer=None, timeout_s=60):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout_s)
        self.socket.connect(("127.0.0.1", port))
        headers = HANDSHAKE if web_socket else ""
        if last_event_id is not None:
            headers += f"Last-Event-ID: {last_event_id}\r\n"
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n".encode())
        self.buffer = b""
        head = self._take_until(b"\r\n\r\n").decode().split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        self.last_event_id = last_event_id

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _take_until(self, mark):
        while mark not in self.buffer:
            received = self.socket.recv(1 << 20)
            if not received:
                raise EOFError(f"the stream ended after {self.buffer[-200:]!r}")
            self.buffer += received
        taken, self.buffer = self.buffer.split(mark, 1)
        return taken

    def next_block(self):
        """(event name, data) of what comes next, be it only an id or a comment: then without data. Keeps the id."""
        name, data = "message", []
        for line in self._take_until(b"\n\n").decode().split("\n"):
            field, _, value = line.partition(": ")
            if field == "id":
                self.last_event_id = value
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)
        return name, "\n".join(data)

    def next_event(self):
        """(event name, data) of the next event that a browser would notice."""
        while True:
            name, data = self.next_block()
            if data:
                return name, data
