"""Witnesses: what they cosigned is in the archive, and what they did not is missed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_world import Exported, export
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from opened_world import opened_world

from bidding.archive import names
from bidding.archive.manifest import Right
from bidding.verify.run import verify_archive
from crypto.translog.checkpoint import COSIGNATURE_V1, verifier_of

WITNESS = "witness.example/centre"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    """A lot whose rules want one witness over Closed."""
    folder: Path = tmp_path_factory.mktemp("witnessed")
    with opened_world(folder, rules={"witness_quorum": 1}) as world:
        log = world.world.deps.log
        log.witnesses = (verifier_of(WITNESS, KEY, COSIGNATURE_V1),)
        world.close()
        world.cosign(WITNESS, KEY)
        world.look()
        world.open_all()
        yield Exported(world, folder, {Right.COURT: export(world, folder, Right.COURT, ciphertext=False)})


def test_cosigned_closing_verifies(witnessed: Exported) -> None:
    report = verify_archive(witnessed.paths[Right.COURT])
    assert report.wrong == ()
    details = {step.name: step.detail for step in report.steps}
    assert "1 witnesses vouch for Closed" in details["order of business"]


def test_missing_cosignature_is_named(witnessed: Exported) -> None:
    def drop(entries: dict[str, bytes]) -> None:
        for name in [name for name in entries if name.startswith(names.EARLIER)]:
            del entries[name]

    report = witnessed.changed(drop)
    assert [(wrong.path, wrong.reason) for wrong in report.wrong] == [(names.WITNESSES, "witnesses-missing")]


def test_forged_cosignature_is_named(witnessed: Exported) -> None:
    def forge(entries: dict[str, bytes]) -> None:
        other = verifier_of(WITNESS, Ed25519PrivateKey.generate(), COSIGNATURE_V1)
        entries[names.WITNESSES] = f"{other.encode()}\n".encode()

    assert not witnessed.changed(forge).verified


def test_witnesses_the_platform_invented_do_not_help_with_given_ones(witnessed: Exported) -> None:
    """Whoever brings the witnesses' keys is not shown a log that only the platform's own vouched for."""
    path = witnessed.paths[Right.COURT]
    known = verifier_of(WITNESS, KEY, COSIGNATURE_V1).encode()
    report = verify_archive(path, witnesses=(known,))
    assert report.verified
    assert any("given from outside (--witness)" in sentence for sentence in report.trusted)
    stranger = verifier_of(WITNESS, Ed25519PrivateKey.generate(), COSIGNATURE_V1).encode()
    report = verify_archive(path, witnesses=(stranger,))
    assert (names.WITNESSES, "witnesses-missing") in {(wrong.path, wrong.reason) for wrong in report.wrong}
    assert not verify_archive(path, witnesses=("nonsense",)).verified
    assert any(
        "taken from the archive itself" in one and WITNESS in one for one in verify_archive(path).trusted
    )
