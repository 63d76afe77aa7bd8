"""Where records of openings (开标记录) lie: every revision by hash, and which is a session's now."""

from __future__ import annotations

import sqlalchemy as sa

from bidding.submissions import store
from bidding.submissions.desk import Desk
from bidding.submissions.tables import prepared_seals, records
from crypto.canonical import sha256_hex
from opening_hall.seats import LotId


class Records:
    """`opening_hall.recording.RecordStore` over the desk's tables and objects."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def put_revision(self, lot: LotId, data: bytes) -> str:
        sha256 = sha256_hex(data)
        self._desk.objects.put(f"records/{lot}/{sha256}", data)
        return sha256

    def revision(self, lot: LotId, sha256: str) -> bytes:
        return self._desk.objects.read(f"records/{lot}/{sha256}")

    def record(self, lot: LotId, session: int) -> bytes | None:
        """The record of a session as it is now; None before it is rendered."""
        wanted = sa.and_(records.c.lot == lot, records.c.session == session)
        with store.reading(self._desk.engine) as tx:
            sha256 = tx.execute(sa.select(records.c.sha256).where(wanted)).scalar_one_or_none()
        return None if sha256 is None else self.revision(lot, sha256)

    def put_record(self, tx: sa.Connection, lot: LotId, session: int, sha256: str, size: int) -> None:
        if not store.insert_if_new(tx, records, lot=lot, session=session, sha256=sha256, size=size):
            known = sa.and_(records.c.lot == lot, records.c.session == session)
            tx.execute(records.update().where(known).values(sha256=sha256, size=size))

    def put_prepared(self, tx: sa.Connection, lot: LotId, digest: str, note: str) -> None:
        store.insert_if_new(tx, prepared_seals, lot=lot, digest=digest, note=note)

    def prepared(self, lot: LotId, digest: str) -> str | None:
        wanted = sa.and_(prepared_seals.c.lot == lot, prepared_seals.c.digest == digest)
        with store.reading(self._desk.engine) as tx:
            return tx.execute(sa.select(prepared_seals.c.note).where(wanted)).scalar_one_or_none()
