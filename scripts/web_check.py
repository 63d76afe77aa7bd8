"""Checks of the web client's sources: `python -m scripts.web_check types|lint|unit`."""

from __future__ import annotations

import subprocess
import sys

from scripts.web_build import CLIENT, environment, node

CHECKS = {
    "types": ["vue-tsc/bin/vue-tsc.js", "--noEmit", "-p", "tsconfig.json"],
    "lint": ["eslint/bin/eslint.js", ".", "--max-warnings", "0"],
    "unit": ["vitest/vitest.mjs", "run", "--reporter", "dot"],
}


def main() -> int:
    script, *arguments = CHECKS[sys.argv[1]]
    command = [str(node()), f"node_modules/{script}", *arguments, *sys.argv[2:]]
    return subprocess.run(command, cwd=CLIENT, env=environment()).returncode


if __name__ == "__main__":
    sys.exit(main())
