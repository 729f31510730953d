"""A TCP proxy between the processor and the broker, which delays, withholds and cuts what goes through it."""

import asyncio
import threading

CHUNK_BYTES = 65_536
# How often data that is withheld looks whether it may go on.
LOOK_EVERY_S = 0.02
DIRECTIONS = ("requests", "replies")


def proxied_settings(port, proxy_port):
    """Of a broker at `port` and with its controller at the next: clients that come by its second listener, at port + 2, are told to come
    by the proxy ever after."""
    listeners = f"PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{port + 2}"
    return [
        f"listeners={listeners},CONTROLLER://127.0.0.1:{port + 1}",
        f"advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{proxy_port}",
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT",
    ]


class Proxy:
    """Forwards 127.0.0.1:`port` to 127.0.0.1:`target_port`, from `start` to `stop`. Its methods may be called by any thread."""

    def __init__(self, port, target_port):
        self.port = port
        self.target_port = target_port
        self.delay_s = 0.0
        self.withheld = frozenset()  # directions in which nothing gets through; what arrives waits
        self.refusing = False
        # What it has done so far, for those who want to know that a fault has fired.
        self.cut_connections = 0
        self.refused_connections = 0
        self.delayed_bytes = 0
        self.withheld_bytes = 0
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self):
        self._thread.start()
        self._call(asyncio.start_server(self._serve, "127.0.0.1", self.port))

    def stop(self):
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def pass_everything(self):
        self.delay_s, self.withheld, self.refusing = 0.0, frozenset(), False

    def cut(self):
        """Ends all connections at once, without a farewell; returns how many there were."""

        async def abort_all():
            count = len(self._writers) // 2
            for writer in list(self._writers):
                writer.transport.abort()
            self.cut_connections += count
            return count

        return self._call(abort_all())

    def connections(self):
        return len(self._writers) // 2

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _serve(self, client_reader, client_writer):
        if self.refusing:
            self.refused_connections += 1
            client_writer.transport.abort()
            return
        try:
            broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:  # the broker is down
            client_writer.transport.abort()
            return
        writers = {client_writer, broker_writer}
        self._writers |= writers
        pumps = [
            asyncio.create_task(self._pump(client_reader, broker_writer, "requests")),
            asyncio.create_task(self._pump(broker_reader, client_writer, "replies")),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            for writer in writers:
                writer.transport.abort()
            self._writers -= writers

    async def _pump(self, reader, writer, direction):
        """Until one of the two ends."""
        try:
            while data := await reader.read(CHUNK_BYTES):
                if self.delay_s:
                    self.delayed_bytes += len(data)
                    await asyncio.sleep(self.delay_s)
                if direction in self.withheld:
                    self.withheld_bytes += len(data)
                    while direction in self.withheld:
                        await asyncio.sleep(LOOK_EVERY_S)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # the other side has gone: so does this one
