"""The tables of sealed submission.

No column of any of them can say who: no account, name, address or session. A `bid` is a random id made by
the bidder's client, an `upload` one made here. Times are whole milliseconds since 1970 in UTC.
"""

from __future__ import annotations

import sqlalchemy as sa

from crypto.translog.store import metadata

#: One row per published lot. Whoever stamps an `accepted_at` holds it shared, the closer holds it alone.
gates = sa.Table(
    "submission_gates",
    metadata,
    sa.Column("lot", sa.String(64), primary_key=True),
    sa.Column("tender", sa.String(64), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("deadline_at", sa.BigInteger, nullable=False),
    sa.Column("keyset", sa.LargeBinary, nullable=False),
    sa.Column("docs", sa.JSON, nullable=False),
    sa.Column("parts", sa.JSON, nullable=False),
    #: Nothing is left to do for its hall.
    sa.Column("finished", sa.Boolean, nullable=False, server_default=sa.false()),
)

#: That an account drew its tickets of a month: the same row for every account, bidding or not.
ticket_draws = sa.Table(
    "ticket_draws",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("batches", sa.Integer, nullable=False),
    sa.Column("last_at", sa.BigInteger, nullable=False),
)

#: Hashes of redeemed tickets. Tickets that were drawn but not redeemed leave nothing here to be linked.
spent_tickets = sa.Table(
    "spent_tickets",
    metadata,
    sa.Column("ticket", sa.String(64), primary_key=True),
    sa.Column("month", sa.String(7), nullable=False),
)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("upload", sa.String(64), primary_key=True),
    sa.Column("lot", sa.String(64), sa.ForeignKey("submission_gates.lot"), nullable=False, index=True),
    sa.Column("bid", sa.String(64), nullable=False, unique=True),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("manifest_hash", sa.String(64), nullable=False),
    sa.Column("manifest", sa.LargeBinary),
    #: {"box": bytes, part: bytes}
    sa.Column("sizes", sa.JSON, nullable=False),
    sa.Column("pieces", sa.Integer, nullable=False),
    sa.Column("replaces", sa.String(64)),
    sa.Column("replace_new", sa.String(64)),
    sa.Column("replace_signature", sa.String(120)),
    sa.Column("begun_at", sa.BigInteger, nullable=False),
    sa.Column("accepted_at", sa.BigInteger),
    sa.Column("submission", sa.String(64), unique=True),
    sa.Column("box_hash", sa.String(64)),
    sa.Column("receipt", sa.Text),
    #: How a live bid ended: the signed statement of its receipt key, or why it was refused.
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("ended_by", sa.JSON),
    sa.Index("uploads_by_state", "lot", "state"),
)

pieces = sa.Table(
    "upload_pieces",
    metadata,
    sa.Column("upload", sa.String(64), sa.ForeignKey("uploads.upload"), primary_key=True),
    sa.Column("file", sa.String(64), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
)

#: What receipt keys said before T (sign-ins, acknowledgements, diagnostics) and afterwards.
statements = sa.Table(
    "receipt_statements",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("lot", sa.String(64), nullable=False, index=True),
    sa.Column("bid", sa.String(64), nullable=False, index=True),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("received_at", sa.BigInteger, nullable=False),
)

#: What waits for, or lies in, a sealed batch. `item` is random, so that rows have no order of arrival.
batch_items = sa.Table(
    "batch_items",
    metadata,
    sa.Column("item", sa.String(32), primary_key=True),
    sa.Column("lot", sa.String(64), nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("batch", sa.Integer),
    sa.Column("position", sa.Integer),
    sa.Index("batch_items_by_lot", "lot", "batch"),
    sa.Index("batch_items_by_hash", "hash"),
)

batches = sa.Table(
    "sealed_batches",
    metadata,
    sa.Column("batch", sa.Integer, primary_key=True, autoincrement=False),
    #: Which interval of `batch_seconds` it closes; NULL for a batch made early because a lot closed.
    sa.Column("interval", sa.BigInteger, unique=True),
    sa.Column("lots", sa.JSON, nullable=False),
    sa.Column("depth", sa.Integer, nullable=False),
    sa.Column("seed", sa.LargeBinary, nullable=False),
    sa.Column("root", sa.String(64), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("token", sa.LargeBinary),
    sa.Column("stamped_at", sa.BigInteger),
)

#: Released shares and keys, boxes' contents and signatures, encrypted under the platform's data key.
secrets = sa.Table(
    "vault_secrets",
    metadata,
    sa.Column("lot", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(80), primary_key=True),
    sa.Column("bid", sa.String(64), primary_key=True),
    sa.Column("seat", sa.String(160), primary_key=True),
    sa.Column("key_id", sa.String(16), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

#: Parts whose payload was decrypted whole and rests re-encrypted in the object store, or why it could not be.
payloads = sa.Table(
    "opened_payloads",
    metadata,
    sa.Column("bid", sa.String(64), primary_key=True),
    sa.Column("part", sa.String(64), primary_key=True),
    sa.Column("lot", sa.String(64), nullable=False, index=True),
    sa.Column("key_id", sa.String(16), nullable=False),
    #: Bytes and SHA-256 of the ZIP inside.
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(64), nullable=False),
)

#: Who read what of the opened payloads, or another secret that a right gives access to.
vault_reads = sa.Table(
    "vault_reads",
    metadata,
    sa.Column("read", sa.String(32), primary_key=True),
    sa.Column("lot", sa.String(64), nullable=False, index=True),
    sa.Column("bid", sa.String(64), nullable=False),
    sa.Column("what", sa.String(160), nullable=False),
    sa.Column("by", sa.String(160), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)

#: Which revision of a session's record is the record now.
records = sa.Table(
    "hall_records",
    metadata,
    sa.Column("lot", sa.String(64), primary_key=True),
    sa.Column("session", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
)

#: What a record's seal was prepared with, by the digest that is signed.
prepared_seals = sa.Table(
    "prepared_seals",
    metadata,
    sa.Column("lot", sa.String(64), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("note", sa.String(64), nullable=False),
)

#: That the platform was there, in units of a few seconds since 1970.
heartbeats = sa.Table(
    "heartbeats",
    metadata,
    sa.Column("beat", sa.BigInteger, primary_key=True, autoincrement=False),
)

#: Which process does the platform's part of a hall just now.
leases = sa.Table(
    "worker_leases",
    metadata,
    sa.Column("name", sa.String(96), primary_key=True),
    sa.Column("holder", sa.String(64), nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)
