"""A line between browser and platform that can be slow and can be cut: a small TCP proxy."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Line:
    """`base` is what the browser goes to; what it sends passes at `speed` bytes a second."""

    target: str
    speed: int
    base: str = ""
    _up: bool = True
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _free_at: float = 0.0

    def cut(self) -> None:
        """End every connection and take no new one."""
        self._up = False
        self._loop.call_soon_threadsafe(self._end)

    def mend(self) -> None:
        self._up = True

    def _end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._up:
            writer.transport.abort()
            return
        found = urlsplit(self.target)
        far_reader, far_writer = await asyncio.open_connection(found.hostname, found.port)
        both = {writer, far_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pump(reader, far_writer, slow=True), self._pump(far_reader, writer))
        finally:
            self._writers -= both

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, slow: bool = False
    ) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while data := await reader.read(1 << 18):
                if slow:
                    await self._pass(len(data))
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _pass(self, size: int) -> None:
        now = self._loop.time()
        self._free_at = max(self._free_at, now) + size / self.speed
        await asyncio.sleep(self._free_at - now)

    async def _start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 18)
        self.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server


@contextlib.contextmanager
def line(target: str, speed: int) -> Iterator[Line]:
    """A line to `target` for as long as the block runs."""
    made = Line(target, speed)
    thread = threading.Thread(target=made._loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(made._start(), made._loop).result(10)
    try:
        yield made
    finally:
        made._loop.call_soon_threadsafe(server.close)
        made.cut()
        made._loop.call_soon_threadsafe(made._loop.stop)
        thread.join(10)
