#!/usr/bin/env python3
"""Bring this checkout to the state a command needs: locked packages in .venv, outside tools.

    bootstrap.py run     what the product needs
    bootstrap.py test    that, and what its tests need (Debian packages included, where root may install them)

Standard library only, quick when there is nothing to do, one clear line when it cannot go on.
All output goes to standard error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
#: command -> Debian package: outside verifiers that the tests run our evidence through.
TOOLS = {
    "openssl": "openssl",
    "pdfsig": "poppler-utils",
    "certutil": "libnss3-tools",
    "go": "golang-go",
    "cc": "gcc",
    "unzip": "unzip",
    "espeak-ng": "espeak-ng",
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: A Chromium unpacked from npm, where the system has none and none can be installed.
SPARE_CHROMIUM = ROOT / ".cache/chromium/chromium"
NO_CHROMIUM = (
    "the tests need a Chromium: install it ('sudo apt-get install chromium') or name one in KAIBIAO_CHROMIUM"
)
#: Debian packages that only root gets and that the tests do without: Chinese type in pictures of pages (the
#: client brings its own), and the second browser.
EXTRAS = {"fonts-noto-cjk": "NotoSansCJK-Regular.ttc", "firefox-esr": "firefox-esr"}
#: file -> Debian package, for what is no command.
FILES = {
    "/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tlog.go": "golang-golang-x-mod-dev",
    "/usr/include/stdio.h": "libc6-dev",
}


def main() -> None:
    mode = sys.argv[1] if len(sys.argv) > 1 else "run"
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an old Python meets first
        stop(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: install it and try again")
    if mode == "test":
        install_tools()
    install_packages(mode)
    if mode == "test" and find_chromium() is None:
        run([str(VENV / "bin/python"), "-m", "scripts.browsers"], NO_CHROMIUM)


def install_packages(mode: str) -> None:
    lock = ROOT / LOCKS[mode]
    wanted = hashlib.sha256(
        lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    ).hexdigest()
    stamp = VENV / f".stamp-{mode}"
    if (VENV / "bin/python").exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"setting up .venv from {lock.name} (once) …")
    uv = shutil.which("uv")
    create_environment(uv)
    python = str(VENV / "bin/python")
    install = [python, "-m", "pip", "install", "-q", "--compile"]
    if uv:
        # Without bytecode every process would compile all it imports, each time.
        install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", python]
    run([*install, "--require-hashes", "-r", str(lock)], "the packages could not be installed")
    run(
        [*install, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
        "the product could not be installed into .venv",
    )
    stamp.write_text(wanted)


def create_environment(uv: str | None) -> None:
    if (VENV / "bin/python").exists() and (uv or (VENV / "bin/pip").exists()):
        return
    if uv:
        run(
            [uv, "venv", "-q", "--allow-existing", "--python", sys.executable, str(VENV)],
            "no virtual environment",
        )
        return
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode == 0:
        return
    if os.geteuid() != 0:
        stop("python3-venv is missing: run 'sudo apt-get install python3-venv' and try again")
    apt_install(["python3-venv"])
    run([sys.executable, "-m", "venv", str(VENV)], "no virtual environment")


def install_tools() -> None:
    missing = [package for command, package in TOOLS.items() if not shutil.which(command)]
    missing += [package for file, package in FILES.items() if not Path(file).exists()]
    if missing and os.geteuid() != 0:
        stop(f"the tests need outside tools: run 'sudo apt-get install {' '.join(missing)}' and try again")
    if missing:
        apt_install(missing)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install_extras()


def install_extras() -> None:
    """What tests can do without; asked for once, so that a system that lacks it is not asked every time."""
    stamp = ROOT / ".cache/extras"
    wanted = [package for package, file in EXTRAS.items() if not has(file)]
    if find_chromium() is None:
        wanted.append("chromium")
    if not wanted or (stamp.exists() and stamp.read_text() == " ".join(wanted)):
        return
    for package in wanted:
        if not apt_install([package], needed=False):
            say(f"{package} cannot be had here: going on without it")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(" ".join(package for package in wanted if not has(EXTRAS.get(package, package))))


def has(file: str) -> bool:
    """Whether the system has a command, or a font of that name."""
    fonts = Path("/usr/share/fonts")
    return bool(shutil.which(file)) or any(fonts.rglob(file))


def find_chromium() -> str | None:
    """The Chromium to test in: the one named, the system's, or the one unpacked from npm."""
    named = os.environ.get("KAIBIAO_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    spare = str(SPARE_CHROMIUM) if SPARE_CHROMIUM.exists() else None
    return next(filter(None, map(shutil.which, CHROMIUM)), spare)


def apt_install(packages: list[str], *, needed: bool = True) -> bool:
    say(f"installing {', '.join(packages)} (once) …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    update = ["apt-get", "-qq", "update"]
    install = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages]
    if needed:
        run(update, "apt-get update failed", environment)
        run(install, "apt-get install failed", environment)
        return True
    return all(
        subprocess.run(c, env=environment, capture_output=True).returncode == 0 for c in (update, install)
    )


def run(command: list[str], failure: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout[-4000:])
        stop(f"{failure} ({' '.join(command[:4])} …)")


def say(text: str) -> None:
    sys.stderr.write(f"kaibiao: {text}\n")
    sys.stderr.flush()


def stop(text: str) -> None:
    say(text)
    sys.exit(1)


if __name__ == "__main__":
    main()
