"""Text a command printed as an SVG of a terminal: `… | python -m scripts.terminal_picture TITLE OUT`."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 118


def picture(title: str, text: str) -> str:
    """An SVG without fonts of its own; long lines fold."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for line in text.splitlines():
        console.print(Text.from_ansi(line), soft_wrap=False)
    # The fonts that rich links to would be fetched from somebody else's server.
    return re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title=title), flags=re.DOTALL)


def main() -> None:
    title, out = sys.argv[1:3]
    Path(out).write_text(picture(title, sys.stdin.read()), "utf-8")


if __name__ == "__main__":
    main()
