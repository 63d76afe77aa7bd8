"""Starts Debian's Firefox for Playwright, in Firefox's own place: `scripts/firefox [arguments]`.

Playwright drives an unpatched Firefox over WebDriver BiDi, and sends every new context one command that it
does not know yet. This stands between the two and answers it; everything else passes unchanged.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from scripts import browsers

LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
#: Emulated colour schemes, which no test here needs.
UNKNOWN = frozenset({"emulation.setMediaFeaturesOverride"})
#: For both sockets: messages of any size, and nothing packed on one machine.
PLAIN = {"max_size": None, "compression": None}


async def run(firefox: str, arguments: list[str]) -> int:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        firefox, *arguments, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    base = await _base(process.stdout)
    if base is None:
        return await process.wait()

    async def relay(client: ServerConnection) -> None:
        assert client.request is not None
        async with connect(base + client.request.path, **PLAIN) as browser:  # type: ignore[arg-type]

            async def back() -> None:
                async for message in browser:
                    await client.send(message)

            returning = asyncio.create_task(back())
            try:
                async for message in client:
                    asked = json.loads(message)
                    if asked.get("method") in UNKNOWN:
                        await client.send(json.dumps({"type": "success", "id": asked["id"], "result": {}}))
                    else:
                        await browser.send(message)
            except ConnectionClosed:
                pass
            finally:
                returning.cancel()

    async with serve(relay, "127.0.0.1", 0, **PLAIN) as server:  # type: ignore[arg-type]
        port = next(iter(server.sockets)).getsockname()[1]
        _say(f"WebDriver BiDi listening on ws://127.0.0.1:{port}\n")
        async for _ in process.stdout:
            pass
        return await process.wait()


async def _base(output: asyncio.StreamReader) -> str | None:
    async for line in output:
        text = line.decode(errors="replace")
        if found := LISTENING.search(text):
            return found.group(1)
        _say(text)
    return None


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def main() -> None:
    firefox = browsers.firefox()
    if firefox is None:
        sys.exit("no Firefox")
    # Sockets that are still open must not keep the process when its browser has ended.
    os._exit(asyncio.run(run(firefox, sys.argv[1:])))


if __name__ == "__main__":
    main()
