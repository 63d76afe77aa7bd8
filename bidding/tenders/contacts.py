"""Contacts of interested parties, sealed to the officers: nobody reads before T who looked at a tender.

Optional and never a gate. Every envelope has the same size, holds no time and no session, and is served to
the officers only after the lot is closed (办法 art. 21). Residual, stated: an officer together with the
platform's database could open it earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bidding.tenders.state import Lot
from ceremony.errors import Malformed
from crypto.canonical import b64, canon, parse_canonical, unb64
from crypto.errors import Invalid
from crypto.hpke import PrivateKey
from crypto.keyset import Keyset
from crypto.suite import DEFAULT_SUITE

LABEL = "kaibiao/contact/v1"
#: Bytes of a padded contact before sealing.
PADDED = 2048
SIZE = PADDED + DEFAULT_SUITE.hpke.overhead


def seal_contact(
    keyset: Keyset, contact: Mapping[str, str], random: Callable[[int], bytes]
) -> dict[str, str]:
    """Name, address and so on, sealed to every seat of a keyset. Too long: `Malformed("bad-contact")`."""
    plain = canon(dict(contact))
    if len(plain) > PADDED - 4:
        raise Malformed("bad-contact", f"at most {PADDED - 4} bytes", limit=PADDED - 4)
    padded = (len(plain).to_bytes(4, "big") + plain).ljust(PADDED, b"\0")
    return {
        officer.seat: b64(
            DEFAULT_SUITE.hpke.seal(
                officer.opening_key,
                padded,
                info=_info(keyset.tender, keyset.lot, officer.seat),
                ephemeral_ikm=random(32),
            )
        )
        for officer in keyset.officers
    }


def open_contact(
    envelopes: bytes, tender: str, lot: str, seat: str, opening_key: PrivateKey
) -> dict[str, str]:
    """What `seal_contact` sealed, for one officer. Raises `Invalid`."""
    listed = parse_canonical(envelopes, limit=1 << 20)
    if not isinstance(listed, dict) or seat not in listed:
        raise Invalid("bad-contact", "no envelope for this seat")
    padded = DEFAULT_SUITE.hpke.open(opening_key, unb64(listed[seat]), info=_info(tender, lot, seat))
    length = int.from_bytes(padded[:4], "big")
    found = parse_canonical(padded[4 : 4 + length], limit=PADDED)
    if not isinstance(found, dict):
        raise Invalid("bad-contact", "an object expected")
    return {str(key): str(value) for key, value in found.items()}


def parse_contact(sealed: Mapping[str, str], lot: Lot) -> bytes:
    """The envelopes as stored: one for each seat, all of one size. Raises `Malformed("bad-contact")`."""
    seats = {officer.seat for officer in lot.terms.officers}
    try:
        sizes = {len(unb64(text)) for text in sealed.values()}
    except Invalid as error:
        raise Malformed("bad-contact", "base64url expected") from error
    if set(sealed) != seats or sizes != {SIZE}:
        raise Malformed("bad-contact", f"one envelope of {SIZE} bytes for each officer expected")
    return canon(dict(sealed))


def _info(tender: str, lot: str, seat: str) -> bytes:
    return canon({"label": LABEL, "tender": tender, "lot": lot, "seat": seat})
