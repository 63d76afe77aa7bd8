"""The browsers that tests, benchmarks and pictures run in. `python -m scripts.browsers` makes sure of one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts import bootstrap, web_build

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
FIREFOX_LAUNCHER = Path(__file__).with_name("firefox")
RECIPE = Path(__file__).with_name("chromium")


def chromium() -> str:
    """Path of a Chromium. Ends with one clear line where there is none."""
    found = bootstrap.find_chromium()
    if found is None:
        sys.exit(bootstrap.NO_CHROMIUM)
    return found


def environment() -> dict[str, str | float | bool]:
    """What a browser process is started with: the spare one brings libraries that a bare system lacks."""
    found: dict[str, str | float | bool] = dict(os.environ)
    if chromium() == str(bootstrap.SPARE_CHROMIUM):
        found["LD_LIBRARY_PATH"] = f"{bootstrap.SPARE_CHROMIUM.parent / 'lib'}"
    return found


def firefox() -> str | None:
    """Path of a Firefox to test in as well, where there is one."""
    return os.environ.get("KAIBIAO_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


def unpack_spare() -> None:
    """A Chromium from npm: locked, its own scripts not run, unpacked once."""
    folder = bootstrap.SPARE_CHROMIUM.parent
    recipe = folder.with_name("chromium-npm")
    shutil.copytree(RECIPE, recipe, dirs_exist_ok=True)
    bootstrap.say("unpacking a Chromium for the tests (once) …")
    for command in (
        [*web_build.npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        [str(web_build.node()), "unpack.mjs", str(folder)],
    ):
        subprocess.run(command, cwd=recipe, env=web_build.environment(), check=True, capture_output=True)


def main() -> int:
    if bootstrap.find_chromium() is None and not os.environ.get("KAIBIAO_CHROMIUM"):
        unpack_spare()
    return 0 if bootstrap.find_chromium() else 1


if __name__ == "__main__":
    sys.exit(main())
