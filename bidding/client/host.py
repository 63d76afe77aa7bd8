"""What a host's client does in the hall (主持人). Most transitions are the platform's; what is left are
decisions."""

from __future__ import annotations

from bidding.client.clock import local_now
from crypto.canonical import Json, b64, canon, sha256_hex
from crypto.signing import Signer, sign_detached


def signed_act(statement: dict[str, Json], signer: Signer) -> dict[str, str]:
    """A person's signed act as it travels: the CMS over the canonical statement."""
    return {"cms": b64(sign_detached(canon(statement), signer, at=local_now()))}


def digest_of(data: bytes) -> str:
    return sha256_hex(data)
