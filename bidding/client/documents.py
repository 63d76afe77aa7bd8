"""Tender documents: free download, checked against the signed notice, no login."""

from __future__ import annotations

from pathlib import Path

from bidding.client.errors import ClientError
from bidding.client.http import Api, segment
from bidding.client.lot import Lot, verify_document


def download_documents(api: Api, lot: Lot, folder: Path) -> list[Path]:
    """Fetch every document of the lot into `folder` and check each. Raises `ClientError`."""
    folder.mkdir(parents=True, exist_ok=True)
    saved = []
    for entry in lot.documents:
        name = Path(str(entry["name"])).name
        if not name or name != entry["name"]:
            raise ClientError("documents-differ", f"{entry['name']} is no plain file name")
        target = folder / name
        data = b"".join(api.download(f"/lots/{segment(lot.id)}/documents/{segment(name)}"))
        verify_document(entry, data)
        target.write_bytes(data)
        saved.append(target)
    return saved
