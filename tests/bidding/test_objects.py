"""The object store: the same promises on a local directory and in a bucket."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import obstore
import pytest

from bidding.objects import BucketObjects, LocalObjects, Objects, open_objects
from crypto.errors import Invalid, Unavailable

Make = Callable[[Path], Objects]


def local(folder: Path) -> Objects:
    return LocalObjects(folder)


def bucket(folder: Path) -> Objects:
    return BucketObjects(obstore.store.MemoryStore(), folder / "spool")


@pytest.fixture(params=[local, bucket])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    make: Make = request.param
    return make(tmp_path)


def test_what_is_put_is_read_whole_and_in_ranges(objects: Objects) -> None:
    objects.put("a/b.1", b"0123456789")
    assert objects.read("a/b.1") == b"0123456789"
    assert objects.read("a/b.1", 3, 4) == b"3456"
    assert objects.read("a/b.1", 7) == b"789"
    objects.put("a/b.1", b"again")
    assert objects.read("a/b.1") == b"again"


def test_a_spooled_object_appears_when_it_is_published_and_not_before(objects: Objects) -> None:
    spool = objects.spool()
    spool.write(b"half")
    assert objects.keys("a") == []
    spool.write(b" and half")
    objects.publish(spool, "a/whole")
    spool.close()
    assert objects.keys("a") == ["a/whole"]
    assert objects.read("a/whole") == b"half and half"


def test_a_spool_that_is_closed_leaves_nothing(objects: Objects, tmp_path: Path) -> None:
    spool = objects.spool()
    spool.write(b"x")
    spool.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_lost_object_is_another_thing_than_a_lost_store(objects: Objects) -> None:
    with pytest.raises(Invalid, match="object-missing"):
        objects.read("a/none")
    with pytest.raises(Invalid, match="object-missing"):
        objects.read("a/none", 0, 1)


def test_removing_takes_a_folder_and_only_that(objects: Objects) -> None:
    for key in ("a/1", "a/sub/2", "ab/3"):
        objects.put(key, b"x")
    objects.remove("a")
    assert objects.keys("ab") == ["ab/3"]
    assert objects.keys("a") == []
    objects.remove("a")
    objects.remove("ab/3")
    assert objects.keys("ab") == []


@pytest.mark.parametrize("key", ["", "/etc/passwd", "a/../b", "a//b", "./a"])
def test_a_key_never_leaves_the_store(tmp_path: Path, key: str) -> None:
    with pytest.raises(Invalid, match="object-missing"):
        LocalObjects(tmp_path).put(key, b"x")


def test_a_store_whose_folder_is_gone_is_unavailable(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path)
    objects.put("a/1", b"x")
    shutil.rmtree(tmp_path / "objects")
    for act in (
        lambda: objects.read("a/1"),
        lambda: objects.put("a/2", b"x"),
        lambda: objects.keys("a"),
        lambda: objects.remove("a"),
    ):
        with pytest.raises(Unavailable, match="object-store-unavailable"):
            act()


def test_a_full_disk_says_so_and_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = LocalObjects(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="storage-full") as caught:
        objects.put("a", b"x")
    assert caught.value.retry_after >= 30
    monkeypatch.undo()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_written_object_and_its_folders_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = LocalObjects(tmp_path)
    synced: list[str] = []
    inner = os.fsync

    def watch(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()).removeprefix(str(tmp_path)))
        inner(descriptor)

    monkeypatch.setattr(os, "fsync", watch)
    objects.put("new/deep/1", b"x")
    file, *folders = synced
    assert file.startswith("/spool/")
    assert folders == ["/objects", "/objects/new", "/objects/new/deep"]


def test_left_overs_of_a_dead_process_are_swept_and_a_living_ones_kept(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir(parents=True)
    (tmp_path / "spool" / "4194303.abc").write_bytes(b"dead")
    (tmp_path / "spool" / f"{os.getppid()}.abc").write_bytes(b"alive")
    LocalObjects(tmp_path)
    assert [path.name for path in (tmp_path / "spool").iterdir()] == [f"{os.getppid()}.abc"]


def test_an_installation_chooses_its_store(tmp_path: Path) -> None:
    assert isinstance(open_objects("", tmp_path), LocalObjects)
    assert isinstance(open_objects(f"file://{tmp_path}/x", tmp_path), LocalObjects)
    assert isinstance(open_objects("memory:///", tmp_path), BucketObjects)
    open_objects("", tmp_path).put("k", b"x")
    assert (tmp_path / "store" / "objects" / "k").read_bytes() == b"x"
