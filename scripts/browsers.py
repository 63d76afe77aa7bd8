"""The browsers that tests, benchmarks and pictures run in, and how they are started."""

from __future__ import annotations

import os
import sys

from scripts import bootstrap

ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Its sandbox refuses to work for root, and for others where user namespaces are off.
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]


def chromium() -> str:
    """Path of a Chromium. Ends with one clear line where there is none."""
    found = bootstrap.find_chromium()
    if found is None:
        sys.exit(bootstrap.NO_CHROMIUM)
    return found
