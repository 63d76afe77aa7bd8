"""What a host's client signs in the hall (主持人). Most transitions are the platform's; left are
decisions.
"""

from __future__ import annotations

from typing import Any

from bidding.client.clock import local_now
from bidding.client.hall import Hall
from crypto.canonical import b64
from crypto.signing import Signer, sign_detached
from opening_hall import statements


def signed(statement: bytes, signer: Signer) -> str:
    """A person's signed act as it travels: the CMS over one of `opening_hall.statements`."""
    return b64(sign_detached(statement, signer, at=local_now()))


def adjudicate(hall: Hall, bids: list[str], cause: str, reason: str, signer: Signer) -> dict[str, Any]:
    """Attribute failures (归责) in one signed act. Raises `ClientError`."""
    cms = signed(statements.adjudication(hall.lot, bids, cause, reason), signer)
    return hall.do("Adjudicate", bids=bids, cause=cause, reason=reason, cms=cms)


def hand_over(hall: Hall, to: str, reason: str, signer: Signer) -> dict[str, Any]:
    """Pass the host's duty to the deputy with this seat id, or take it as the deputy. Raises
    `ClientError`.
    """
    cms = signed(statements.handover(hall.lot, to, reason), signer)
    return hall.do("HandOverHost", to=to, reason=reason, cms=cms)


def answer_objection(
    hall: Hall, objection: str, text: str, resolution: str, signer: Signer
) -> dict[str, Any]:
    """Answer an objection (异议) on the spot: resolution `answered` or `unresolved`. Raises `ClientError`."""
    cms = signed(statements.answer(hall.lot, objection, text, resolution), signer)
    return hall.do("AnswerObjection", objection=objection, text=text, resolution=resolution, cms=cms)


def abort(hall: Hall, code: str, reason: str, signer: Signer) -> dict[str, Any]:
    """End the opening for good (终止). Raises `ClientError`."""
    cms = signed(statements.abort(hall.lot, code, reason), signer)
    return hall.do("Abort", code=code, reason=reason, cms=cms)


def reconvene(hall: Hall, bids: list[str], reason: str, signer: Signer) -> dict[str, Any]:
    """Open the next part (复会) for these bids. Raises `ClientError`."""
    cms = signed(statements.reconvene(hall.lot, bids, reason), signer)
    return hall.do("Reconvene", bids=bids, reason=reason, cms=cms)
