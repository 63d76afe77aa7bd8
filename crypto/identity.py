"""The identity box: who bids, sealed so that nobody learns it before the officers open it after the deadline.

AES-GCM under HKDF(K_identity), padded to 64 KiB steps. Inside: the bidder's facts and one detached CMS by
its certificate over {manifestHash, identityHash}, where identityHash covers everything else in the box.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from cryptography.exceptions import InvalidTag

from crypto.canonical import Json, b64, canon, parse_canonical, sha256_hex, unb64
from crypto.context import Context, Random, check_bid
from crypto.credit_code import parse_credit_code
from crypto.errors import Invalid
from crypto.fields import Fields
from crypto.keys import identity_box_key, identity_commit, same
from crypto.manifest import Manifest
from crypto.signing import Signer, sign_detached, verify_detached

IDENTITY_LABEL = "kaibiao/identity/v1"
BID_SIGNATURE_LABEL = "kaibiao/bid-signature/v1"
STEP = 64 << 10
MAX_BOX = 64 * STEP
DRAW = 32
_MEMBERS = (
    "label",
    "organisation",
    "members",
    "contact",
    "representative",
    "deposit",
    "device",
    "draw",
    "replaces",
    "certificate",
    "chain",
    "evidence",
    "signature",
)


@dataclass(frozen=True, slots=True)
class IdentityInput:
    """What a bidder states about itself. Objects hold strings only.

    ``organisation`` {name, creditCode}; ``members`` the same for each of a consortium (联合体), lead first;
    ``representative`` (授权代表) {name, idDocument?}; ``deposit`` (保证金) or guarantee data; ``draw`` 32
    random bytes; ``replaces`` all earlier bids for this lot; ``evidence`` {crls, ocsps} as DER.
    """

    organisation: Mapping[str, str]
    contact: Mapping[str, str] = field(default_factory=dict)
    representative: Mapping[str, str] = field(default_factory=dict)
    members: Sequence[Mapping[str, str]] = ()
    deposit: Mapping[str, str] | None = None
    device: Mapping[str, str] | None = None
    draw: bytes = field(default_factory=lambda: secrets.token_bytes(DRAW))
    replaces: Sequence[str] = ()
    crls: Sequence[bytes] = ()
    ocsps: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """An opened, verified box. ``facts`` are its JSON without certificates and signature.

    ``statement`` is what ``cms`` signs, so that ``openssl cms -verify`` can repeat the check. Whether the
    certificate is to be trusted is judged elsewhere, at the genTime of the submission's time stamp.
    """

    facts: dict[str, Any]
    certificate: bytes
    chain: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    cms: bytes
    signed_at: datetime | None
    identity_hash: str
    statement: bytes
    replaces: tuple[str, ...]
    draw: bytes

    @property
    def organisation(self) -> dict[str, str]:
        return cast("dict[str, str]", self.facts["organisation"])

    @property
    def members(self) -> list[dict[str, str]]:
        return cast("list[dict[str, str]]", self.facts["members"])


def bid_statement(manifest_hash: str, identity_hash: str) -> bytes:
    """What the bidder's certificate signs."""
    return canon({"label": BID_SIGNATURE_LABEL, "manifestHash": manifest_hash, "identityHash": identity_hash})


def _associated(ctx: Context, manifest_hash: str) -> bytes:
    return ctx.bound("identity-box", manifestHash=manifest_hash)


def seal_identity(
    manifest: Manifest,
    k_identity: bytes,
    identity: IdentityInput,
    signer: Signer,
    *,
    at: datetime | None = None,
    random: Random = secrets.token_bytes,
) -> bytes:
    """The identity box of ``manifest``, signed by ``signer`` at ``at``."""
    body = _encode(identity, signer)
    manifest_hash = manifest.hash()
    statement = bid_statement(manifest_hash, sha256_hex(canon(body)))
    plain = canon({**body, "signature": b64(sign_detached(statement, signer, at=at))})
    return seal_box(manifest.ctx, manifest_hash, k_identity, plain, random)


def seal_box(ctx: Context, manifest_hash: str, k_identity: bytes, plain: bytes, random: Random) -> bytes:
    """nonce || ciphertext || tag of u32 length || ``plain`` || zeros, a multiple of 64 KiB in all."""
    suite = ctx.algorithms
    framed = len(plain).to_bytes(4, "big") + plain
    overhead = suite.nonce_size + suite.tag_size
    framed += bytes(-(len(framed) + overhead) % STEP)
    if len(framed) + overhead > MAX_BOX:
        raise Invalid("box-too-large", f"an identity box has at most {MAX_BOX} bytes")
    nonce = random(suite.nonce_size)
    cipher = suite.aead(identity_box_key(ctx, k_identity))
    return nonce + cipher.encrypt(nonce, framed, _associated(ctx, manifest_hash))


def _encode(identity: IdentityInput, signer: Signer) -> dict[str, Json]:
    if len(identity.draw) != DRAW:
        raise Invalid("bad-identity", f"a draw contribution has {DRAW} bytes")
    body: dict[str, Json] = {
        "label": IDENTITY_LABEL,
        "organisation": dict(identity.organisation),
        "members": [dict(member) for member in identity.members],
        "contact": dict(identity.contact),
        "representative": dict(identity.representative),
        "deposit": None if identity.deposit is None else dict(identity.deposit),
        "device": None if identity.device is None else dict(identity.device),
        "draw": b64(identity.draw),
        "replaces": list(identity.replaces),
        "certificate": b64(signer.certificate),
        "chain": [b64(der) for der in signer.chain],
        "evidence": {"crls": [b64(d) for d in identity.crls], "ocsps": [b64(d) for d in identity.ocsps]},
    }
    _check_facts(Fields(body, "bad-identity"))
    return body


def open_identity(manifest: Manifest, box: bytes, k_identity: bytes) -> Identity:
    """The verified content of the box; ``bad-identity-key``, ``bad-identity`` or the signature's refusal.

    In order: K_identity is the committed one, the box is whole and bound to this manifest, its padding is
    zeros, it is canonical, exactly one certificate signed, and it signed this manifest and this identity.
    """
    ctx, suite = manifest.ctx, manifest.ctx.algorithms
    if not same(identity_commit(ctx, k_identity), manifest.identity):
        raise Invalid(
            "bad-identity-key", "the officers' shares give another key than the manifest commits to"
        )
    manifest_hash = manifest.hash()
    check_box_size(box)
    cipher = suite.aead(identity_box_key(ctx, k_identity))
    try:
        framed = cipher.decrypt(
            box[: suite.nonce_size], box[suite.nonce_size :], _associated(ctx, manifest_hash)
        )
    except InvalidTag as error:
        raise Invalid("bad-identity", "the identity box fails its authentication tag") from error
    length = int.from_bytes(framed[:4], "big")
    plain, padding = framed[4 : 4 + length], framed[4 + length :]
    if len(plain) != length or len(padding) >= STEP or any(padding):
        raise Invalid("bad-identity", "the identity box is not framed and padded as it must be")
    return _verify(manifest_hash, parse_canonical(plain, limit=MAX_BOX))


def check_box_size(box: bytes) -> None:
    """``bad-identity`` unless the box has a size that padding gives."""
    if not 0 < len(box) <= MAX_BOX or len(box) % STEP:
        raise Invalid("bad-identity", "an identity box is a multiple of 64 KiB")


def _verify(manifest_hash: str, value: Any) -> Identity:
    fields = Fields(value, "bad-identity", _MEMBERS)
    fields.label("label", IDENTITY_LABEL)
    _check_facts(fields)
    body = {name: value[name] for name in value if name != "signature"}
    identity_hash = sha256_hex(canon(body))
    statement = bid_statement(manifest_hash, identity_hash)
    cms, certificate = fields.data("signature", limit=MAX_BOX), fields.data("certificate")
    signed = verify_detached(cms, data=statement)
    if signed.certificate != certificate:
        raise Invalid("bad-identity", "the bid is signed by another certificate than the box names")
    evidence = fields.inner("evidence", ("crls", "ocsps"))
    outside = ("certificate", "chain", "evidence", "label")
    return Identity(
        facts={name: body[name] for name in body if name not in outside},
        certificate=certificate,
        chain=_ders(fields, "chain"),
        crls=_ders(evidence, "crls"),
        ocsps=_ders(evidence, "ocsps"),
        cms=cms,
        signed_at=signed.signed_at,
        identity_hash=identity_hash,
        statement=statement,
        replaces=tuple(fields.raw("replaces")),
        draw=unb64(fields.raw("draw")),
    )


def _ders(fields: Fields, name: str) -> tuple[bytes, ...]:
    return tuple(
        Fields({"der": item}, "bad-identity").data("der", limit=MAX_BOX) for item in fields.items(name, 0, 64)
    )


def _check_facts(fields: Fields) -> None:
    """Shapes and the credit codes' check digits; what is true is judged with the certificate."""
    organisations = [fields.raw("organisation"), *fields.items("members", 0, 32)]
    for organisation in organisations:
        named = Fields(organisation, "bad-identity", ("name", "creditCode"))
        named.text("name", limit=200)
        if parse_credit_code(named.text("creditCode")) != named.text("creditCode"):
            raise Invalid("bad-identity", "a credit code is not in its normal form")
    for name in ("contact", "representative", "deposit", "device"):
        inner = fields.raw(name)
        if inner is None and name in ("deposit", "device"):
            continue
        if not isinstance(inner, dict) or not all(isinstance(text, str) for text in inner.values()):
            raise Invalid("bad-identity", f"{name} is not an object of strings")
    fields.data("draw", size=DRAW)
    for replaced in fields.items("replaces", 0, 256):
        check_bid(replaced)
