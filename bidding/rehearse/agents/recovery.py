"""A bidder whose computer is gone: certificate and recovery sheet are all that is left."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bidding.client.bidder import recovered_part_key
from bidding.client.errors import ClientError
from bidding.client.http import Api
from bidding.client.inhall import manifest_of

CODE = re.compile(r"恢复码 code\s+(\S+)")


def keep_only_the_code(folder: Path) -> str:
    """Copy the code off the sheet, then lose the package, the key file and the receipt with the computer."""
    found = CODE.search((folder / "recovery.txt").read_text("utf-8"))
    if found is None:
        raise ClientError("file-unreadable", "the recovery sheet names no code")
    shutil.rmtree(folder)
    return found[1]


def recovered_key(api: Api, lot: str, bid: str, code: str, part: str) -> bytes:
    """K_bidder of a part from the recovery code and what the hall serves by bid id. Raises `ClientError`."""
    return recovered_part_key(manifest_of(api, lot, bid), code, part)
