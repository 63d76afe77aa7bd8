"""Where ciphertext and opened payloads rest: a local directory or an S3 bucket, durable once written.

Nothing here knows what it stores. Every call blocks and may run in any thread; callers keep it off the
event loop. A store that cannot be reached or is full is `Unavailable`: the platform then refuses to take
more (fail closed) and never half-writes, because an object appears whole or not at all.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import obstore
from obstore.exceptions import BaseError, NotFoundError

from crypto.errors import Invalid, Unavailable

#: A full disk is seldom emptied within seconds; a store that is away often comes back at once.
RETRY_WHEN_FULL = 60
RETRY_WHEN_AWAY = 5
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Objects(Protocol):
    """Immutable objects by key (`bids/u_…/main.0.<sha256>`)."""

    def spool(self) -> Spool:
        """A private file to write an object into before it gets its key. Raises `Unavailable`."""

    def publish(self, spool: Spool, key: str) -> None:
        """Make a spooled file the object `key`, durably; replaces an equal key. Raises `Unavailable`."""

    def put(self, key: str, data: bytes) -> None:
        """Store a small object durably. Raises `Unavailable`."""

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes of an object. Raises `Invalid("object-missing")` or `Unavailable`."""

    def keys(self, prefix: str) -> list[str]:
        """The keys under a folder-like prefix. Raises `Unavailable`."""

    def remove(self, prefix: str) -> None:
        """Delete an object or all under a folder-like prefix, if there is any. Raises `Unavailable`."""


class Spool:
    """A file being written that becomes an object or vanishes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = cast(BinaryIO, path.open("xb", buffering=0))

    def write(self, data: bytes | memoryview) -> None:
        """Append all of `data`. Raises `Unavailable` when the disk is full or gone."""
        with _mapped():
            view = memoryview(data)
            while len(view):
                view = view[self._file.write(view) :]

    def sync(self) -> None:
        """Bring the written bytes to the disk. Raises `Unavailable`."""
        with _mapped():
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close and delete what was not published."""
        self._file.close()
        with suppress(OSError):
            self.path.unlink()


class LocalObjects:
    """Objects as files under `root`. A written object survives a power cut: file and folders are synced."""

    def __init__(self, root: Path) -> None:
        self._objects = root / "objects"
        self._spool = root / "spool"
        for folder in (self._objects, self._spool):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Bytes of uploads that a crash interrupted belong to nobody.
        for left in self._spool.iterdir():
            if not _alive(left.name):
                left.unlink(missing_ok=True)

    def spool(self) -> Spool:
        with _mapped():
            return Spool(self._spool / f"{os.getpid()}.{secrets.token_hex(12)}")

    def publish(self, spool: Spool, key: str) -> None:
        path = self._path(key)
        with _mapped():
            spool.sync()
            self._make_folder(path.parent)
            spool.path.replace(path)
            _sync_folder(path.parent)

    def put(self, key: str, data: bytes) -> None:
        spool = self.spool()
        try:
            spool.write(data)
            self.publish(spool, key)
        finally:
            spool.close()

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        with _mapped(), self._open(key) as file:
            if length is None:
                length = max(os.fstat(file.fileno()).st_size - start, 0)
            return os.pread(file.fileno(), length, start)

    def keys(self, prefix: str) -> list[str]:
        with _mapped():
            self._check_mounted()
            folder = self._path(prefix.rstrip("/"))
            files = (path for path in folder.rglob("*") if path.is_file())
            return sorted(path.relative_to(self._objects).as_posix() for path in files)

    def remove(self, prefix: str) -> None:
        with _mapped():
            self._check_mounted()
            folder = self._path(prefix.rstrip("/"))
            if folder.is_file():
                folder.unlink(missing_ok=True)
            for path in sorted(folder.rglob("*"), reverse=True):
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink(missing_ok=True)
            if folder.is_dir():
                folder.rmdir()
                _sync_folder(folder.parent)

    def _path(self, key: str) -> Path:
        if not key or any(step in ("", ".", "..") for step in key.split("/")):
            raise Invalid("object-missing", f"no object can have the key {key!r}")
        return self._objects / key

    def _open(self, key: str) -> BinaryIO:
        try:
            return cast(BinaryIO, self._path(key).open("rb", buffering=0))
        except FileNotFoundError:
            self._check_mounted()
            raise Invalid("object-missing", key) from None

    def _check_mounted(self) -> None:
        """A store whose root vanished is away, which is another thing than an object that is lost."""
        if not self._objects.is_dir():
            raise Unavailable(
                "object-store-unavailable", "the object store's folder is gone", RETRY_WHEN_AWAY
            )

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._check_mounted()
        self._make_folder(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        _sync_folder(folder.parent)


class BucketObjects:
    """Objects in a bucket (S3 and whatever else obstore speaks). Durable when the bucket says so."""

    def __init__(self, store: obstore.store.ObjectStore, spool: Path) -> None:
        self._store = store
        self._spool = spool
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)

    def spool(self) -> Spool:
        with _mapped():
            return Spool(self._spool / f"{os.getpid()}.{secrets.token_hex(12)}")

    def publish(self, spool: Spool, key: str) -> None:
        with _mapped():
            obstore.put(self._store, key, spool.path)

    def put(self, key: str, data: bytes) -> None:
        with _mapped():
            obstore.put(self._store, key, data)

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        with _mapped():
            try:
                if length is not None:
                    return bytes(obstore.get_range(self._store, key, start=start, length=length))
                return bytes(obstore.get(self._store, key).bytes())[start:]
            except (NotFoundError, FileNotFoundError):
                raise Invalid("object-missing", key) from None

    def keys(self, prefix: str) -> list[str]:
        with _mapped():
            listed = obstore.list(self._store, prefix=prefix.rstrip("/"))
            return sorted(item["path"] for batch in listed for item in batch)

    def remove(self, prefix: str) -> None:
        with _mapped():
            for key in (prefix.rstrip("/"), *self.keys(prefix)):
                with suppress(NotFoundError, FileNotFoundError):
                    obstore.delete(self._store, key)


def open_objects(url: str, data_dir: Path) -> Objects:
    """The store of an installation: files under `data_dir` unless an obstore address is given."""
    if not url:
        return LocalObjects(data_dir / "store")
    if url.startswith("file://"):
        return LocalObjects(Path(url.removeprefix("file://")))
    return BucketObjects(obstore.store.from_url(url), data_dir / "spool")


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Unavailable("storage-full", "no space is left for uploads", RETRY_WHEN_FULL) from error
        raise Unavailable("object-store-unavailable", str(error), RETRY_WHEN_AWAY) from error
    except BaseError as error:
        raise Unavailable("object-store-unavailable", type(error).__name__, RETRY_WHEN_AWAY) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(name: str) -> bool:
    """Whether the process that spooled a file still runs; another process may be serving beside this one."""
    with suppress(ValueError):
        pid = int(name.partition(".")[0])
        return pid != os.getpid() and Path(f"/proc/{pid}").exists()
    return False
