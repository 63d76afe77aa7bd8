"""One whole opening, exported by every right, for all tests of the verifier."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from opened_world import OpenedWorld, opened_world

from bidding.archive.container import Item, pack
from bidding.archive.export import ended_lot, pack_lot
from bidding.archive.manifest import Right, parse_manifest
from bidding.archive.rights import Viewer
from bidding.verify.report import Report
from bidding.verify.run import verify_archive
from crypto.translog.checkpoint import sign_note


@dataclass(frozen=True)
class Exported:
    """An ended opening and its archives."""

    world: OpenedWorld
    folder: Path
    paths: Mapping[Right, Path]

    def entries(self, right: Right = Right.COURT) -> dict[str, bytes]:
        """All entries but manifest and signature."""
        with zipfile.ZipFile(self.paths[right]) as opened:
            return {name: opened.read(name) for name in opened.namelist() if not name.startswith("MANIFEST")}

    def resigned(self, entries: Mapping[str, bytes], right: Right = Right.COURT) -> Path:
        """What a platform could hand out that changed these entries and signed a new manifest."""
        with zipfile.ZipFile(self.paths[right]) as opened:
            head = parse_manifest(opened.read("MANIFEST.json"))
        key = self.world.world.deps.keys.log
        packed = pack(
            [Item(name, partial(_pieces, data), tree=name.endswith(".ct")) for name, data in entries.items()],
            tender=head.tender, lot=head.lot, origin=head.origin, right=right, issued_at=head.issued_at,
            sign=lambda text: sign_note(text, head.origin, key).encode(),
        )  # fmt: skip
        path = self.folder / "resigned.zip"
        path.write_bytes(b"".join(packed.stream()))
        return path

    def changed(self, change: Callable[[dict[str, bytes]], None]) -> Report:
        """Verify the court's archive after a change that its platform signed."""
        entries = self.entries()
        change(entries)
        return verify_archive(self.resigned(entries))


def _pieces(data: bytes) -> list[bytes]:
    return [data]


def export(world: OpenedWorld, folder: Path, right: Right, *, ciphertext: bool) -> Path:
    lot = ended_lot(world.world.deps, world.lot)
    code = world.bidders[0].person.credit_code if right is Right.PARTY else ""
    packed = pack_lot(world.world.deps, lot, Viewer(right, code), ciphertext=ciphertext)
    path = folder / f"{right}.zip"
    path.write_bytes(b"".join(packed.stream()))
    assert path.stat().st_size == packed.size
    return path


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    folder = tmp_path_factory.mktemp("opening")
    with opened_world(folder) as world:
        world.run()
        paths = {right: export(world, folder, right, ciphertext=right is not Right.PUBLIC) for right in Right}
        yield Exported(world, folder, paths)
