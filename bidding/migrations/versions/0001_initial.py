"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch_items",
        sa.Column("item", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_batch_items")),
    )
    op.create_index("batch_items_by_hash", "batch_items", ["hash"], unique=False)
    op.create_index("batch_items_by_lot", "batch_items", ["lot", "batch"], unique=False)
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("worked", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "certificate_application",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("csr_sha256", sa.String(length=64), nullable=False),
        sa.Column("csr", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(length=64), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=20), nullable=False),
        sa.Column("replaces", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("decision", sa.String(length=500), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_application")),
        sa.UniqueConstraint("csr_sha256", name=op.f("uq_certificate_application_csr_sha256")),
    )
    op.create_index(
        op.f("ix_certificate_application_credit_code"),
        "certificate_application",
        ["credit_code"],
        unique=False,
    )
    op.create_index(
        op.f("ix_certificate_application_status"), "certificate_application", ["status"], unique=False
    )
    op.create_index(
        op.f("ix_certificate_application_submitted_at"),
        "certificate_application",
        ["submitted_at"],
        unique=False,
    )
    op.create_table(
        "hall_records",
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("session", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lot", "session", name=op.f("pk_hall_records")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("beat", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("beat", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "log_cosignature",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="the checkpoint as the log signed it"),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_log_cosignature")),
    )
    op.create_table(
        "log_entry",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stream", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=200), nullable=False),
        sa.Column("seat", sa.String(length=200), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="log time, ms since 1970"),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True, comment="canonical JSON"),
        sa.Column("command_id", sa.String(length=400), nullable=True),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("stream", "version", name=op.f("uq_log_entry_stream_version")),
    )
    op.create_index(op.f("ix_log_entry_command_id"), "log_entry", ["command_id"], unique=False)
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="log time of the last leaf, ms since 1970"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "log_tile",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_log_tile")),
    )
    op.create_table(
        "lot",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("tender", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("tender_title", sa.String(length=300), nullable=False),
        sa.Column("regime", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
    )
    op.create_index(op.f("ix_lot_published_at"), "lot", ["published_at"], unique=False)
    op.create_index(op.f("ix_lot_tender"), "lot", ["tender"], unique=False)
    op.create_table(
        "mandate",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("grantor", sa.String(length=18), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate")),
    )
    op.create_index(op.f("ix_mandate_grantor"), "mandate", ["grantor"], unique=False)
    op.create_index(op.f("ix_mandate_person"), "mandate", ["person"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "recipient",
            sa.String(length=40),
            server_default="",
            nullable=False,
            comment="person; empty: everybody",
        ),
        sa.Column("zh", sa.String(length=500), nullable=False),
        sa.Column("en", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tender", sa.String(length=40), server_default="", nullable=False),
        sa.Column("lot", sa.String(length=40), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_created_at"), "message", ["created_at"], unique=False)
    op.create_table(
        "opened_payloads",
        sa.Column("bid", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("bid", "part", name=op.f("pk_opened_payloads")),
    )
    op.create_index(op.f("ix_opened_payloads_lot"), "opened_payloads", ["lot"], unique=False)
    op.create_table(
        "operator_act",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False, comment="lot or person it is about"),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_signature", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=40), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_signature", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_act")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_organisation_credit_code")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True, comment="null: sent or given up"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.String(length=500), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_next_at"), "outbox", ["next_at"], unique=False)
    op.create_table(
        "prepared_seals",
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("lot", "digest", name=op.f("pk_prepared_seals")),
    )
    op.create_table(
        "receipt_statements",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("bid", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_receipt_statements")),
    )
    op.create_index(op.f("ix_receipt_statements_bid"), "receipt_statements", ["bid"], unique=False)
    op.create_index(op.f("ix_receipt_statements_lot"), "receipt_statements", ["lot"], unique=False)
    op.create_table(
        "rule_confirmation",
        sa.Column("row_id", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_rule_confirmation")),
    )
    op.create_table(
        "rule_row",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("regime", sa.String(length=20), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False, comment="JSON as in the shipped TOML files"),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_row")),
    )
    op.create_table(
        "sealed_batches",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("interval", sa.BigInteger(), nullable=True),
        sa.Column("lots", sa.JSON(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("stamped_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_sealed_batches")),
        sa.UniqueConstraint("interval", name=op.f("uq_sealed_batches_interval")),
    )
    op.create_table(
        "sealed_contact",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("lot", sa.String(length=40), nullable=False),
        sa.Column("envelopes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_contact")),
    )
    op.create_index(op.f("ix_sealed_contact_lot"), "sealed_contact", ["lot"], unique=False)
    op.create_table(
        "spent_tickets",
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_spent_tickets")),
    )
    op.create_table(
        "submission_gates",
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("deadline_at", sa.BigInteger(), nullable=False),
        sa.Column("keyset", sa.LargeBinary(), nullable=False),
        sa.Column("docs", sa.JSON(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("finished", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("lot", name=op.f("pk_submission_gates")),
    )
    op.create_table(
        "tender_owner",
        sa.Column("tender", sa.String(length=40), nullable=False),
        sa.Column("agency", sa.String(length=18), nullable=False),
        sa.Column("tenderer", sa.String(length=18), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tender", name=op.f("pk_tender_owner")),
    )
    op.create_index(op.f("ix_tender_owner_agency"), "tender_owner", ["agency"], unique=False)
    op.create_index(op.f("ix_tender_owner_tenderer"), "tender_owner", ["tenderer"], unique=False)
    op.create_table(
        "ticket_draws",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "month", name=op.f("pk_ticket_draws")),
    )
    op.create_table(
        "used_challenge",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_used_challenge")),
    )
    op.create_index(op.f("ix_used_challenge_expires_at"), "used_challenge", ["expires_at"], unique=False)
    op.create_table(
        "vault_reads",
        sa.Column("read", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("bid", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=160), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("read", name=op.f("pk_vault_reads")),
    )
    op.create_index(op.f("ix_vault_reads_lot"), "vault_reads", ["lot"], unique=False)
    op.create_table(
        "vault_secrets",
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("bid", sa.String(length=64), nullable=False),
        sa.Column("seat", sa.String(length=160), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lot", "kind", "bid", "seat", name=op.f("pk_vault_secrets")),
    )
    op.create_table(
        "worker_leases",
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_leases")),
    )
    op.create_table(
        "message_read",
        sa.Column("message", sa.String(length=120), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name=op.f("fk_message_read_message_message")),
        sa.PrimaryKeyConstraint("message", "person", name=op.f("pk_message_read")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("email", sa.String(length=320), server_default="", nullable=False),
        sa.Column("notify", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisation.id"], name=op.f("fk_person_organisation_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_organisation"), "person", ["organisation"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column(
            "person",
            sa.String(length=40),
            server_default="",
            nullable=False,
            comment="empty: everybody there",
        ),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("granted_by", sa.String(length=100), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisation.id"], name=op.f("fk_role_grant_organisation_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(op.f("ix_role_grant_organisation"), "role_grant", ["organisation"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("upload", sa.String(length=64), nullable=False),
        sa.Column("lot", sa.String(length=64), nullable=False),
        sa.Column("bid", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("manifest_hash", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=True),
        sa.Column("sizes", sa.JSON(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.String(length=64), nullable=True),
        sa.Column("replace_new", sa.String(length=64), nullable=True),
        sa.Column("replace_signature", sa.String(length=120), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=True),
        sa.Column("submission", sa.String(length=64), nullable=True),
        sa.Column("box_hash", sa.String(length=64), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["lot"], ["submission_gates.lot"], name=op.f("fk_uploads_lot_submission_gates")
        ),
        sa.PrimaryKeyConstraint("upload", name=op.f("pk_uploads")),
        sa.UniqueConstraint("bid", name=op.f("uq_uploads_bid")),
        sa.UniqueConstraint("submission", name=op.f("uq_uploads_submission")),
    )
    op.create_index(op.f("ix_uploads_lot"), "uploads", ["lot"], unique=False)
    op.create_index("uploads_by_state", "uploads", ["lot", "state"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("der", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.String(length=1000), nullable=False),
        sa.Column("authority", sa.String(length=100), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_certificate_person_person")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_certificate")),
    )
    op.create_index(op.f("ix_certificate_person"), "certificate", ["person"], unique=False)
    op.create_table(
        "upload_pieces",
        sa.Column("upload", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["upload"], ["uploads.upload"], name=op.f("fk_upload_pieces_upload_uploads")),
        sa.PrimaryKeyConstraint("upload", "file", "number", name=op.f("pk_upload_pieces")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False, comment="absolute limit"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("agent", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate"], ["certificate.sha256"], name=op.f("fk_session_certificate_certificate")
        ),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_session_person_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_session_token_sha256")),
    )
    op.create_index(op.f("ix_session_person"), "session", ["person"], unique=False)
