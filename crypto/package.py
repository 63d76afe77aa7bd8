"""A sealed bid as a folder: what the bidder keeps and what it uploads.

``manifest.json``, ``identity.box`` and ``part-<name>.ct`` are uploaded. ``bid-key.json`` (passphrase) and
``recovery.txt`` stay with the bidder, apart from each other; ``receipt.json`` comes back.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from crypto import keys
from crypto.context import Context
from crypto.errors import Invalid
from crypto.identity import MAX_BOX, check_box_size
from crypto.manifest import MAX_MANIFEST, Manifest, parse_manifest, submission_of
from crypto.stream import SEGMENT, RootHasher


@dataclass(frozen=True, slots=True)
class Package:
    """The files of one sealed bid in ``folder``."""

    folder: Path

    @property
    def manifest_path(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def box_path(self) -> Path:
        return self.folder / "identity.box"

    @property
    def key_path(self) -> Path:
        return self.folder / "bid-key.json"

    @property
    def recovery_path(self) -> Path:
        return self.folder / "recovery.txt"

    @property
    def receipt_path(self) -> Path:
        return self.folder / "receipt.json"

    def ciphertext_path(self, part: str) -> Path:
        return self.folder / f"part-{part}.ct"


@dataclass(frozen=True, slots=True)
class LoadedPackage:
    """A package read from disk. ``key_file`` and ``receipt`` are None when their files are not there."""

    folder: Path
    manifest_bytes: bytes
    manifest: Manifest
    box: bytes
    ciphertexts: dict[str, Path]
    key_file: bytes | None
    receipt: bytes | None

    @property
    def bid(self) -> str:
        return self.manifest.ctx.bid

    @property
    def submission(self) -> str:
        return submission_of(self.manifest, self.box)


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise Invalid("bad-package", f"{path.name} is longer than {limit} bytes")
        return path.read_bytes()
    except OSError as error:
        raise Invalid("bad-package", f"{path.name} cannot be read: {error.strerror}") from error


def load_package(folder: Path) -> LoadedPackage:
    """Read a package; ``bad-package`` when a file is missing or a ciphertext has the wrong size.

    Ciphertexts are measured, not hashed: :func:`verify_package` does that.
    """
    package = Package(folder)
    data = _read(package.manifest_path, MAX_MANIFEST)
    manifest = parse_manifest(data)
    box = _read(package.box_path, MAX_BOX)
    check_box_size(box)
    ciphertexts = {}
    for name, part in manifest.parts.items():
        path = package.ciphertext_path(name)
        if not path.is_file() or path.stat().st_size != part.size:
            raise Invalid("bad-package", f"{path.name} is missing or has another size", part=name)
        ciphertexts[name] = path
    return LoadedPackage(
        folder=folder,
        manifest_bytes=data,
        manifest=manifest,
        box=box,
        ciphertexts=ciphertexts,
        key_file=_read(package.key_path, 1 << 20) if package.key_path.exists() else None,
        receipt=_read(package.receipt_path, 1 << 20) if package.receipt_path.exists() else None,
    )


def verify_package(package: LoadedPackage, k_bidder: bytes | None = None) -> None:
    """Check every ciphertext's root and, given the bidder's key, that it is the one the bid opens with.

    ``root-mismatch`` or ``wrong-bidder-key``. The officers' half cannot be tried before the opening.
    """
    for name, path in package.ciphertexts.items():
        part = package.manifest.part(name)
        hasher = RootHasher(package.manifest.ctx.algorithms)
        with path.open("rb") as file:
            while chunk := file.read(SEGMENT):
                hasher.update(chunk)
        if hasher.root().hex() != part.root:
            raise Invalid("root-mismatch", "a ciphertext is not the one the manifest names", part=name)
        if k_bidder is not None:
            ctx = package.manifest.ctx
            commit = keys.bidder_commit(ctx, name, keys.bidder_part_key_in(ctx, k_bidder, name))
            if not keys.same(commit, part.bidder_commit):
                raise Invalid("wrong-bidder-key", "the key does not belong to this bid", part=name)


def write_package(folder: Path, manifest: bytes, box: bytes, key_file: bytes, recovery_sheet: str) -> None:
    """Write the small files; the manifest last, so that a folder with one is complete."""
    package = Package(folder)
    for path, data in (
        (package.key_path, key_file),
        (package.recovery_path, recovery_sheet.encode("utf-8")),
        (package.box_path, box),
        (package.manifest_path, manifest),
    ):
        _write_private(path, data)


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def recovery_sheet_text(ctx: Context, code: str) -> str:
    """The recovery sheet (恢复单), to be printed and kept apart from the computer."""
    return (
        "开标系统 投标恢复单 / Recovery sheet of a sealed bid\n\n"
        f"项目 tender   {ctx.tender}\n"
        f"标段 lot      {ctx.lot}\n"
        f"投标 bid      {ctx.bid}\n"
        f"恢复码 code   {code}\n\n"
        "本码可代替密钥文件解密该投标。请打印后妥善保管，勿与他人分享，勿与电脑存放在一起。\n"
        "This code opens the bid in place of its key file. Print it; keep it secret and elsewhere.\n"
    )
