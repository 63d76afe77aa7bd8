"""What a browser fetches before a page stands: `python -m scripts.web_size [MODULE…]`, else the hall."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

from bidding.web.build import INDEX, read_build
from scripts import web_build

HALL = "src/hall/HallPage.vue"
#: Kilobytes of scripts and styles, packed with gzip, before anything that waits for a wish or a role.
BUDGET_KB = 120


def first_load(client: Path, *modules: str) -> dict[str, int]:
    """File -> packed bytes of the page, the part every page has, and `modules` with all that they import.

    What these import in turn when it is needed (menus, acts of a seat, languages' fonts) is not in it.
    """
    build = read_build(client)
    assert build is not None, "there is no build to measure"
    files = build.closure(INDEX, *build.manifest[INDEX]["dynamicImports"][:1], *modules)
    return {name: len(gzip.compress((client / name).read_bytes(), 9)) for name in sorted(files)}


def kilobytes(files: dict[str, int]) -> float:
    return sum(files.values()) / 1000


def main() -> int:
    web_build.build(web_build.OUT)
    files = first_load(web_build.OUT, *(sys.argv[1:] or [HALL]))
    for name, size in sorted(files.items(), key=lambda one: -one[1]):
        print(f"{size:>8,}  {name}")
    print(f"{kilobytes(files):>8.1f}  kB gz")
    return 0


if __name__ == "__main__":
    sys.exit(main())
