"""What processes of a rehearsal inherit from the environment: nothing that names another installation."""

from __future__ import annotations

import os
from pathlib import Path


def inherited(bytecode: Path) -> dict[str, str]:
    """The environment without any setting of the platform.

    Where Python is told not to write bytecode, a server that is started again and again would compile all of
    its
    libraries each time; the rehearsal keeps the bytecode in a directory of its own instead.
    """
    found = {name: value for name, value in os.environ.items() if not name.startswith("KAIBIAO_")}
    if found.pop("PYTHONDONTWRITEBYTECODE", ""):
        found.setdefault("PYTHONPYCACHEPREFIX", str(bytecode))
    return found
