"""The append-only transparency log: RFC 6962 hashing, C2SP tiles, checkpoints and witnesses."""
