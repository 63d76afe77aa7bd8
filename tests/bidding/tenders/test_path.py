"""The whole path of a tender over HTTP: signed in, drafted, keys, published, read by anybody, in its hall."""

from __future__ import annotations

from pathlib import Path

from tender_world import published_rehearsal, tender_world

from bidding.submissions.store import find_gate
from crypto.canonical import unb64
from crypto.keyset import documents_hash, parse_keyset, verify_keyset
from crypto.signing import verify_detached
from crypto.translog.engine import reading


def test_from_sign_in_to_a_scheduled_hall(tmp_path: Path) -> None:
    with tender_world(tmp_path) as world:
        done = published_rehearsal(world)
        package = world.anonymous("GET", f"/lots/{done.lot}").json()
        assert package["state"] == "published"
        assert package["rehearsal"] is True

        keyset = parse_keyset(unb64(package["keyset"]))
        verify_keyset(keyset)
        assert keyset.hash() == package["keysetHash"]
        by = verify_detached(unb64(package["noticeCms"]), data=unb64(package["notice"]))
        assert by.certificate == done.agency.signer.certificate
        assert package["docsHash"] == documents_hash(
            done.tender,
            done.lot,
            package["revision"],
            package["notices"][-1]["sha256"],
            package["formSha256"],
            [(d["name"], d["size"], d["sha256"]) for d in package["documents"]],
        )

        _, hall = world.deps.halls.state(f"hall:{done.lot}")
        assert hall.setup is not None
        assert hall.setup.docs_hash == package["docsHash"]
        assert [str(entry.seat) for entry in hall.setup.seats if entry.index] == [
            "officer:agency",
            "officer:tenderer",
        ]
        with reading(world.deps.engine) as tx:
            gate = find_gate(tx, done.lot)
        assert gate is not None
        assert gate.docs == (package["docsHash"],)
