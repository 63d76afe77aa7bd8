"""One test for each row of the threat model that cryptography alone decides (docs/threat-model.md)."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sealed_world import AT, IDENTITY_INPUT, World, make_world, merged_signers, new_signer, seal_in

from crypto import dealing, keys, shares
from crypto.canonical import b64, canon, parse_canonical
from crypto.context import Context
from crypto.envelope import (
    IDENTITY,
    SEGMENT,
    Keyset,
    Manifest,
    PartInput,
    bidder_part_key,
    content_key,
    decrypt_payload,
    hall_purpose,
    new_bid,
    new_opening_key,
    open_identity,
    open_share,
    parse_manifest,
    read_form,
    reconstruct,
    sign_opening_key,
    sign_statement,
    unwrap_key_file,
    verify_bidder_key,
    verify_form,
    verify_keyset,
    verify_manifest,
    verify_statement,
)
from crypto.errors import Invalid
from crypto.hpke import public_bytes
from crypto.identity import bid_statement, seal_box
from crypto.signing import sign_detached
from crypto.stream import RootHasher, StreamOpener
from crypto.suite import DEFAULT_SUITE

HALL = hall_purpose("main")


class OneBid:
    """A sealed bid with everything an opening learns about it."""

    def __init__(self, world: World, folder: Path, **options: Any) -> None:
        self.world = world
        self.sealed = seal_in(world, folder, **options)
        self.manifest = parse_manifest(self.sealed.manifest)
        self.held = unwrap_key_file(self.sealed.key_file, "correct horse")
        self.data = self.sealed.ciphertexts["main"].read_bytes()

    def share(self, purpose: str, index: int) -> bytes:
        return open_share(self.manifest, purpose, index, self.world.opening_keys[index - 1])

    def secret(self, purpose: str, *indices: int) -> bytes:
        return reconstruct(self.manifest, purpose, {i: self.share(purpose, i) for i in indices or (1, 2)})

    @property
    def bidder_key(self) -> bytes:
        return bidder_part_key(self.manifest, self.held.k_bidder, "main")

    @property
    def dek(self) -> bytes:
        return content_key(self.manifest, "main", self.bidder_key, self.secret(HALL))


@pytest.fixture(scope="module")
def bid(world: World, tmp_path_factory: pytest.TempPathFactory) -> OneBid:
    return OneBid(world, tmp_path_factory.mktemp("bid") / "bid")


@pytest.fixture(scope="module")
def other(world: World, tmp_path_factory: pytest.TempPathFactory) -> OneBid:
    return OneBid(world, tmp_path_factory.mktemp("other") / "bid")


def refused(code: str) -> Any:
    return pytest.raises(Invalid, match=f"^{code}(:|$)")


# -- who can open what --------------------------------------------------------------------------------------


def test_all_officers_without_the_bidder_get_identities_but_no_content(bid: OneBid) -> None:
    assert open_identity(bid.manifest, bid.sealed.box, bid.secret(IDENTITY, 1, 2, 3)).organisation["name"]
    hall = bid.secret(HALL, 1, 2, 3)
    with refused("key-commit-mismatch"):
        content_key(bid.manifest, "main", bytes(32), hall)


def test_the_bidders_key_without_a_quorum_gets_nothing(bid: OneBid) -> None:
    assert bid.bidder_key
    with refused("too-few-shares"):
        reconstruct(bid.manifest, HALL, {2: bid.share(HALL, 2)})
    with refused("key-commit-mismatch"):
        content_key(bid.manifest, "main", bid.bidder_key, shares.combine([bid.share(HALL, 2)]))


def test_every_quorum_opens(bid: OneBid) -> None:
    secrets = {bid.secret(HALL, *pair) for pair in itertools.combinations((1, 2, 3), 2)}
    assert len(secrets) == 1
    assert read_form(bid.manifest, "main", bid.dek, bid.data[:SEGMENT]).fields == {"price": "9800000.00"}


def test_one_parts_keys_do_not_open_another(world: World, tmp_path: Path) -> None:
    sealed = seal_in(
        world,
        tmp_path / "bid",
        [PartInput("technical", {"days": "90"}), PartInput("price", {"price": "1.00"})],
    )
    manifest = parse_manifest(sealed.manifest)
    held = unwrap_key_file(sealed.key_file, "correct horse")
    released = {
        i: open_share(manifest, hall_purpose("technical"), i, world.opening_keys[i - 1]) for i in (1, 2)
    }
    hall = reconstruct(manifest, hall_purpose("technical"), released)
    technical = bidder_part_key(manifest, held.k_bidder, "technical")
    content_key(manifest, "technical", technical, hall)
    with refused("wrong-bidder-key"):
        verify_bidder_key(manifest, "price", technical)
    with refused("key-commit-mismatch"):
        content_key(manifest, "price", technical, hall)
    with refused("false-share"):
        reconstruct(manifest, hall_purpose("price"), released)


# -- officers -----------------------------------------------------------------------------------------------


def test_a_false_share_is_caught_and_named(bid: OneBid) -> None:
    false = bytearray(bid.share(HALL, 1))
    false[0] ^= 1
    with refused("false-share") as refusal:
        reconstruct(bid.manifest, HALL, {1: bytes(false), 2: bid.share(HALL, 2), 3: bid.share(HALL, 3)})
    assert refusal.value.facts["seat"] == "officer-1"
    with refused("false-share"):
        reconstruct(bid.manifest, HALL, {1: bid.share(HALL, 2), 2: bid.share(HALL, 2)})
    with refused("false-share"):
        reconstruct(bid.manifest, HALL, {1: b"", 2: bid.share(HALL, 2)})


def test_another_seats_opening_key_opens_nothing(bid: OneBid) -> None:
    with refused("wrong-opening-key"):
        open_share(bid.manifest, HALL, 1, bid.world.opening_keys[1])


def test_own_keys_served_by_the_platform_are_refused(world: World, tmp_path: Path) -> None:
    """The keyset must be the published one, and every opening key signed by its officer's certificate."""
    mine = new_opening_key()
    swapped = replace(world.keyset.officers[0], opening_key=public_bytes(mine))
    forged = replace(world.keyset, officers=(swapped, *world.keyset.officers[1:]))
    with refused("bad-keyset"):
        verify_keyset(forged)
    resigned = sign_opening_key("t_test", "l_1", "officer-1", 1, mine, new_signer("platform"))
    own = replace(resigned, certificate=world.keyset.officers[0].certificate)
    with refused("bad-keyset"):
        verify_keyset(replace(world.keyset, officers=(own, *world.keyset.officers[1:])))
    consistent = replace(world.keyset, officers=(resigned, *world.keyset.officers[1:]))
    verify_keyset(consistent)  # a whole keyset of its own is a *different* keyset: its hash is not published
    with refused("wrong-keyset"):
        seal_in(replace(world, keyset=consistent), tmp_path / "bid", ctx=world.context())


def test_an_opening_key_signed_for_another_lot_or_seat_is_refused(world: World) -> None:
    for changed in (
        replace(world.keyset, lot="l_2"),
        replace(world.keyset, tender="t_other"),
        replace(world.keyset, officers=tuple(replace(o, seat=f"x{o.seat}") for o in world.keyset.officers)),
    ):
        with refused("bad-keyset"):
            verify_keyset(changed)


def test_a_bid_sealed_to_other_officers_or_documents_is_refused(bid: OneBid) -> None:
    keyset = bid.world.keyset
    verify_manifest(bid.manifest, keyset, docs_hashes=frozenset({bid.world.docs}), round_number=1)
    with refused("wrong-keyset"):
        verify_manifest(bid.manifest, make_world().keyset)
    with refused("wrong-keyset"):
        verify_manifest(replace(bid.manifest, seats=bid.manifest.seats[:2]), keyset)
    with refused("wrong-keyset"):
        verify_manifest(replace(bid.manifest, k=1), keyset)
    with refused("wrong-documents"):
        verify_manifest(bid.manifest, keyset, docs_hashes=frozenset({"22" * 32}))
    with refused("wrong-round"):
        verify_manifest(bid.manifest, keyset, round_number=2)
    moved = replace(bid.manifest, ctx=replace(bid.manifest.ctx, lot="l_2"))
    with refused("wrong-keyset"):
        verify_manifest(moved, keyset)


# -- copies -------------------------------------------------------------------------------------------------

PLACES = {
    "bid": lambda ctx: replace(ctx, bid=new_bid()),
    "lot": lambda ctx: replace(ctx, lot="l_2"),
    "tender": lambda ctx: replace(ctx, tender="t_other"),
    "round": lambda ctx: replace(ctx, round=2),
    "documents": lambda ctx: replace(ctx, docs_hash="22" * 32),
    "keyset": lambda ctx: replace(ctx, keyset_hash="22" * 32),
}


@pytest.mark.parametrize("place", PLACES)
def test_everything_copied_to_another_place_fails(bid: OneBid, place: str) -> None:
    ctx: Context = PLACES[place](bid.manifest.ctx)
    copy = replace(bid.manifest, ctx=ctx)
    with refused("envelope-mismatch"):
        open_share(copy, HALL, 1, bid.world.opening_keys[0])
    with refused("false-share"):
        reconstruct(copy, HALL, {1: bid.share(HALL, 1), 2: bid.share(HALL, 2)})
    with refused("wrong-bidder-key"):
        verify_bidder_key(copy, "main", bid.bidder_key)
    with refused("bad-identity-key"):
        open_identity(copy, bid.sealed.box, bid.secret(IDENTITY))
    with refused("bad-ciphertext"):
        read_form(copy, "main", bid.dek, bid.data[:SEGMENT])


def test_an_envelope_copied_to_another_seat_or_purpose_fails(bid: OneBid) -> None:
    ctx, seats = bid.manifest.ctx, bid.manifest.seats
    dealt = bid.manifest.dealt(HALL)[1]
    with refused("envelope-mismatch"):
        dealing.open_envelope(ctx, IDENTITY, seats[0], dealt, bid.world.opening_keys[0])
    other_place = replace(seats[1], opening_key=seats[0].opening_key)
    with refused("envelope-mismatch"):
        dealing.open_envelope(ctx, HALL, other_place, dealt, bid.world.opening_keys[0])


def test_a_rivals_ciphertext_or_box_does_not_open_as_mine(bid: OneBid, other: OneBid) -> None:
    with refused("bad-ciphertext"):
        read_form(bid.manifest, "main", bid.dek, other.data[:SEGMENT])
    with refused("bad-identity"):
        open_identity(bid.manifest, other.sealed.box, bid.secret(IDENTITY))


def test_a_rivals_released_key_is_not_accepted_as_mine(bid: OneBid, other: OneBid) -> None:
    with refused("wrong-bidder-key"):
        verify_bidder_key(bid.manifest, "main", other.bidder_key)


# -- two prices ---------------------------------------------------------------------------------------------


def _gf_mul(x: int, y: int) -> int:
    z = 0
    for bit in range(127, -1, -1):
        z ^= x if y >> bit & 1 else 0
        x = (x >> 1) ^ (0xE1 << 120) if x & 1 else x >> 1
    return z


def _gf_inverse(a: int) -> int:
    result, power = 1 << 127, (1 << 128) - 2
    while power:
        if power & 1:
            result = _gf_mul(result, a)
        a, power = _gf_mul(a, a), power >> 1
    return result


def _ecb(key: bytes, blocks: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(blocks)


def salamander(keys_: tuple[bytes, bytes], nonce: bytes, wanted: tuple[bytes, bytes]) -> bytes:
    """One AES-GCM ciphertext that decrypts under both keys: AES-GCM does not commit to its key."""
    size = len(wanted[0])
    count = 2 * size // 16 + 1
    streams = [_ecb(k, b"".join(nonce + (2 + i).to_bytes(4, "big") for i in range(count))) for k in keys_]
    body = bytearray(16 * count)
    for half, (text, stream) in enumerate(zip(wanted, streams, strict=True)):
        at = half * size
        body[at : at + size] = bytes(a ^ b for a, b in zip(text, stream[at : at + size], strict=True))
    hashes, tags = [], []
    for key in keys_:
        h = int.from_bytes(_ecb(key, bytes(16)), "big")
        y = 0
        for block in [
            *(int.from_bytes(body[i : i + 16], "big") for i in range(0, 16 * count, 16)),
            128 * count,
        ]:
            y = _gf_mul(y ^ block, h)
        hashes.append(h)
        tags.append(y ^ int.from_bytes(_ecb(key, nonce + b"\0\0\0\1"), "big"))
    squares = [_gf_mul(h, h) for h in hashes]
    correction = _gf_mul(tags[0] ^ tags[1], _gf_inverse(squares[0] ^ squares[1]))
    body[-16:] = correction.to_bytes(16, "big")
    return bytes(body) + (tags[0] ^ _gf_mul(correction, squares[0])).to_bytes(16, "big")


def test_two_prices_by_two_keys_end_at_the_key_commitment(bid: OneBid) -> None:
    """The ciphertext really opens under two content keys; only one of them is ever accepted."""
    ctx, part_key = bid.manifest.ctx, bid.bidder_key
    halls = (bid.secret(HALL), bytes(range(32)))
    deks = [keys.data_key(ctx, "main", part_key, hall) for hall in halls]
    salt, prefix = bytes(32), bytes(7)
    associated = ctx.bound("payload", part="main")
    derived = tuple(DEFAULT_SUITE.hkdf(dek, salt=salt, info=associated) for dek in deks)
    prices = (b"PRICE=9,800,000 CNY;;;;;;;;;;;;;", b"PRICE=7,100,000 CNY;;;;;;;;;;;;;")
    sealed = salamander((derived[0], derived[1]), prefix + bytes(4) + b"\x01", prices)
    data = bytes([40]) + salt + prefix + sealed
    read = [
        bytes(StreamOpener(DEFAULT_SUITE, dek, associated, data, size=len(data)).open(0, data))
        for dek in deks
    ]
    assert read[0][:32] == prices[0]
    assert read[1][32:64] == prices[1]
    content_key(bid.manifest, "main", part_key, halls[0])
    with refused("key-commit-mismatch"):
        content_key(bid.manifest, "main", part_key, halls[1])


def test_two_prices_by_two_forms_end_at_the_form_commitment(bid: OneBid) -> None:
    opened = read_form(bid.manifest, "main", bid.dek, bid.data[:SEGMENT])
    verify_form(bid.manifest, "main", opened.form, opened.nonce)
    cheaper = opened.form.replace(b"9800000", b"7100000")
    with refused("form-commit-mismatch"):
        verify_form(bid.manifest, "main", cheaper, opened.nonce)


def test_two_prices_by_two_signers_end_at_the_single_signer(bid: OneBid) -> None:
    """A box whose CMS carries two signers, or another signer than its certificate, is refused."""
    secret, manifest = bid.secret(IDENTITY), bid.manifest
    opened = open_identity(manifest, bid.sealed.box, secret)
    first, second = bid.world.bidder, new_signer("second")
    body = _box_body(bid, secret)
    del body["signature"]
    assert opened.statement == bid_statement(manifest.hash(), opened.identity_hash)
    both = merged_signers(sign_detached(opened.statement, first), sign_detached(opened.statement, second))
    for cms, code in ((both, "bad-cms"), (sign_detached(opened.statement, second), "bad-identity")):
        box = seal_box(
            manifest.ctx, manifest.hash(), secret, canon({**body, "signature": b64(cms)}), lambda n: bytes(n)
        )
        with refused(code):
            open_identity(manifest, box, secret)


def _box_body(bid: OneBid, secret: bytes) -> dict[str, Any]:
    ctx = bid.manifest.ctx
    box = bid.sealed.box
    associated = ctx.bound("identity-box", manifestHash=bid.manifest.hash())
    plain = DEFAULT_SUITE.aead(keys.identity_box_key(ctx, secret)).decrypt(box[:12], box[12:], associated)
    return dict(parse_canonical(plain[4 : 4 + int.from_bytes(plain[:4], "big")], limit=1 << 20))


def test_a_box_signed_for_another_manifest_is_refused(bid: OneBid, other: OneBid) -> None:
    """A valid identity cannot be lifted into a junk bid: the signature names the manifest."""
    body = _box_body(other, other.secret(IDENTITY))
    secret = bid.secret(IDENTITY)
    box = seal_box(bid.manifest.ctx, bid.manifest.hash(), secret, canon(body), lambda n: bytes(n))
    with refused("bad-signature"):
        open_identity(bid.manifest, box, secret)


# -- a poisoned dealing -------------------------------------------------------------------------------------


def _poisoned(bid: OneBid, how: str) -> Manifest:
    """Seat 3 gets a share, well committed to, that fits no polynomial of the others, or another envelope."""
    manifest, ctx = bid.manifest, bid.manifest.ctx
    seat = manifest.seats[2]
    share = bid.share(HALL, 3)
    if how == "share":
        share = bytes([share[0] ^ 1]) + share[1:]
    envelope = ctx.algorithms.hpke.seal(
        seat.opening_key, share, info=dealing.envelope_info(ctx, HALL, seat), ephemeral_ikm=bytes(32)
    )
    if how == "junk":
        envelope = envelope[:65] + bytes(len(envelope) - 65)
    dealt = dealing.DealtShare(dealing.share_commit(ctx, HALL, seat, share), envelope)
    return replace(manifest, shares={**manifest.shares, HALL: {**manifest.dealt(HALL), 3: dealt}})


def test_an_officer_finds_an_envelope_that_is_not_the_committed_one(bid: OneBid) -> None:
    """Phase 0: reported before anything is released."""
    manifest = bid.manifest
    uncommitted = replace(manifest.dealt(HALL)[1], commit="00" * 32)
    wrong = replace(manifest, shares={**manifest.shares, HALL: {**manifest.dealt(HALL), 1: uncommitted}})
    with refused("envelope-mismatch") as refusal:
        open_share(wrong, HALL, 1, bid.world.opening_keys[0])
    assert refusal.value.facts == {"purpose": HALL, "seat": "officer-1"}


@pytest.mark.parametrize("how", ["share", "envelope", "junk"])
@pytest.mark.parametrize("quorum", [(1, 2), (1, 3), (2, 3), (1, 2, 3)])
def test_a_poisoned_dealing_is_refused_under_every_quorum(
    bid: OneBid, how: str, quorum: tuple[int, ...]
) -> None:
    manifest = _poisoned(bid, how)
    if how == "junk":
        with refused("envelope-mismatch"):
            open_share(manifest, HALL, 3, bid.world.opening_keys[2])
        released = {i: bid.share(HALL, i) for i in quorum}
    else:  # passes every officer's own test
        released = {i: open_share(manifest, HALL, i, bid.world.opening_keys[i - 1]) for i in quorum}
    with refused("dealing-mismatch"):
        reconstruct(manifest, HALL, released)


def test_a_committed_identity_key_other_than_the_dealt_one_is_refused(bid: OneBid) -> None:
    wrong = replace(bid.manifest, identity="00" * 32)
    with refused("bad-identity-key"):
        reconstruct(wrong, IDENTITY, {1: bid.share(IDENTITY, 1), 2: bid.share(IDENTITY, 2)})


# -- the receipt key ----------------------------------------------------------------------------------------


def test_withdrawing_a_rivals_bid_needs_its_receipt_key(bid: OneBid, other: OneBid) -> None:
    said = {
        "label": "kaibiao/withdraw/v1",
        "tender": "t_test",
        "lot": "l_1",
        "submission": bid.sealed.submission,
    }
    verify_statement(bid.manifest.receipt_key, said, sign_statement(bid.sealed.receipt_private, said))
    with refused("bad-signature"):
        verify_statement(bid.manifest.receipt_key, said, sign_statement(other.sealed.receipt_private, said))
    mine = sign_statement(bid.sealed.receipt_private, said)
    for name, value in (("lot", "l_2"), ("submission", "00" * 32), ("label", "kaibiao/withdrawn/v1")):
        with refused("bad-signature"):
            verify_statement(bid.manifest.receipt_key, {**said, name: value}, mine)


# -- changed files ------------------------------------------------------------------------------------------


def test_a_changed_file_needs_new_secrets(world: World, tmp_path: Path, bid: OneBid) -> None:
    """Same folder: refused. A new sealing shares no key, no nonce and no id with the first."""
    first = OneBid(world, tmp_path / "bid")
    with refused("package-exists"):
        seal_in(world, tmp_path / "bid")
    second = OneBid(world, tmp_path / "again")
    assert first.manifest.ctx.bid != second.manifest.ctx.bid
    assert first.held.k_bidder != second.held.k_bidder
    assert first.data[:40] != second.data[:40]


def test_a_ciphertext_changed_on_resume_has_another_root(bid: OneBid) -> None:
    changed = bytearray(bid.data)
    changed[-1] ^= 1
    hasher = RootHasher()
    hasher.update(changed)
    assert hasher.root().hex() != bid.manifest.parts["main"].root
    with refused("bad-ciphertext"), (bid.sealed.ciphertexts["main"].parent / "out").open("wb") as out:
        decrypt_payload(
            bid.manifest, "main", bid.dek, lambda i: bytes(changed[i * SEGMENT : (i + 1) * SEGMENT]), out
        )


def test_keyset_of_one_officer_twice_is_refused() -> None:
    """One person must not hold two seats' certificates: that would be a quorum of one."""
    signer = new_signer("both")
    officers = tuple(sign_opening_key("t", "l", f"s{i}", i, new_opening_key(), signer) for i in (1, 2))
    with refused("bad-keyset"):
        verify_keyset(Keyset("t", "l", 2, officers))


def test_identity_input_and_time_survive(bid: OneBid) -> None:
    opened = open_identity(bid.manifest, bid.sealed.box, bid.secret(IDENTITY))
    assert opened.signed_at == AT
    assert opened.draw == IDENTITY_INPUT.draw
    assert opened.replaces == ()
    assert opened.members == []
