"""Reading the hall's events out of an archive; what they are worth is for `kaibiao verify` to say."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from bidding.archive.names import HALL_EVENTS
from bidding.client.errors import ClientError
from bidding.rehearse.findings import Event


def read_hall(path: Path) -> list[Event]:
    """The events of the lot's hall, in order. Raises `ClientError("archive-unreadable")`."""
    try:
        with zipfile.ZipFile(path) as archive:
            data = archive.read(HALL_EVENTS)
    except (OSError, KeyError, zipfile.BadZipFile) as exc:
        raise ClientError("archive-unreadable", f"{path}: {exc}") from exc
    return [event for event in map(json.loads, data.splitlines()) if "type" in event]
