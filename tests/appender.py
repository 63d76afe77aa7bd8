"""A process that appends until it is killed: prints the id of every append that was acknowledged.

Run as `python tests/appender.py DATABASE-URL ANCHOR THREADS COUNT`.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from toy_hall import open_log

from crypto.translog.engine import open_engine
from crypto.translog.store import NewEvent


def main(url: str, anchor: str, threads: str, count: str) -> None:
    log = open_log(open_engine(url), anchor=Path(anchor))

    def work(worker: int) -> None:
        for n in range(int(count)):
            name = f"{worker}-{n}"
            events = [NewEvent("Happened", "host:", {"id": name, "part": part}) for part in range(2)]
            log.append(f"hall:{worker % 3}", None, events, command_id=name)
            # One write call per line: what the parent reads was acknowledged before.
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()

    with ThreadPoolExecutor(int(threads)) as pool:
        list(pool.map(work, range(int(threads))))
    log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
