"""Many GETs over one connection, the next sent before the last is answered (RFC 9112, 9.3.2)."""

import socket

# So many requests are under way at a time. They fit into the socket's buffers: sending never waits for the answers.
AT_A_TIME = 32


class Connection:
    """Of answers that have a Content-Length. Not thread-safe."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def close(self):
        self.socket.close()

    def get_all(self, targets):
        """[(status, {header name in lower case: value}, body bytes)] in the order of the targets."""
        answers = []
        for first in range(0, len(targets), AT_A_TIME):
            some = targets[first : first + AT_A_TIME]
            self.socket.sendall("".join(f"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n" for target in some).encode())
            answers += [self._read_answer() for _ in some]
        return answers

    def _read_answer(self):
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            self._receive()
        status_line, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        end += 4
        size = int(headers["content-length"])
        while len(self.buffer) < end + size:
            self._receive()
        body, self.buffer = self.buffer[end : end + size], self.buffer[end + size :]
        return int(status_line.split(" ", 2)[1]), headers, body

    def _receive(self):
        received = self.socket.recv(1 << 16)
        if not received:
            raise ConnectionError("the server has closed the connection")
        self.buffer += received
