"""The platform's own secrets: made once, private, rotated without losing what the old ones protect."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bidding.keys import KINDS, KeyRing


def test_keys_are_created_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    first = KeyRing.open(tmp_path / "keys")
    again = KeyRing.open(tmp_path / "keys")
    assert first.session == again.session
    assert first.receipt_id == again.receipt_id
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "keys").iterdir())


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: KeyRing.open(tmp_path / "keys"), range(16)))
    assert len({ring.session for ring in rings}) == 1
    assert len(list((tmp_path / "keys").iterdir())) == len(KINDS)


def test_a_rotated_key_leaves_the_old_one_usable(tmp_path: Path) -> None:
    ring = KeyRing.open(tmp_path)
    old_data, old_receipt = ring.data, ring.receipt_id
    ring.rotate("data")
    ring.rotate("receipt")
    reopened = KeyRing.open(tmp_path)
    assert reopened.data.id != old_data.id
    assert reopened.data_key(old_data.id) == old_data.secret
    assert reopened.receipt_id != old_receipt
    assert set(reopened.receipt_public_keys()) == {old_receipt, reopened.receipt_id}


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    KeyRing.open(tmp_path)
    (tmp_path / "log-0001.key").write_bytes(b"short")
    with pytest.raises(ValueError, match=r"log-0001\.key"):
        KeyRing.open(tmp_path)
