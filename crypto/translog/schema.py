"""The tables of the log, and the one ``metadata`` that all tables of the product are defined in."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: One row (id 1): the size, root and last time of the log. Its lock is the right to append.
head = sa.Table(
    "log_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.LargeBinary(32), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, comment="log time of the last leaf, ms since 1970"),
)

#: One row per event. Without body and salt it is a tombstone: its leaf still stands in the tree.
entry = sa.Table(
    "log_entry",
    metadata,
    sa.Column("leaf_index", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.String(200), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("type", sa.String(200), nullable=False),
    sa.Column("seat", sa.String(200), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False, comment="log time, ms since 1970"),
    sa.Column("commitment", sa.LargeBinary(32), nullable=False),
    sa.Column("salt", sa.LargeBinary(32)),
    sa.Column("body", sa.LargeBinary, comment="canonical JSON"),
    sa.Column("command_id", sa.String(400)),
    # Also fences two writers that both believe to hold the head.
    sa.UniqueConstraint("stream", "version"),
    sa.Index(None, "command_id"),
)

#: Tiles as served: complete ones never change, the last one of each level grows.
tile = sa.Table(
    "log_tile",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),
)

#: Cosignatures that witnesses handed in, with the checkpoint note they cover.
cosignature = sa.Table(
    "log_cosignature",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("witness", sa.String(200), primary_key=True),
    sa.Column("note", sa.Text, nullable=False, comment="the checkpoint as the log signed it"),
    sa.Column("line", sa.Text, nullable=False),
)
