"""The ciphertext of a part: Tink's AES256-GCM-HKDF streaming format in 1 MiB segments, and its Merkle root.

Header: one byte 40, a 32-byte HKDF salt, a 7-byte nonce prefix. Segment i is sealed under prefix || i
(32 bits) || 1 for the last segment. A leaf of the tree is a whole MiB of ciphertext, the header being in
leaf 0 (RFC 6962 hashing). ``tink`` opens these streams; docs/formats/stream.md says how.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.errors import Invalid
from crypto.suite import DEFAULT_SUITE, Suite

SEGMENT = 1 << 20
HEADER = 40
SALT = 32
PREFIX = 7
TAG = 16
MAX_SEGMENTS = 1 << 16  # 64 GiB a part; the format itself would allow 2^32


def bucket_segments(plaintext: int) -> int:
    """How many segments a payload of ``plaintext`` bytes is padded to.

    Whole MiB, then the steps of Padmé (Nikitin et al., PoPETs 2019): at most 12 % larger, and only the
    order of magnitude and its first bits remain visible.
    """
    count = max(1, -(-(plaintext + HEADER) // (SEGMENT - TAG)))
    exponent = count.bit_length() - 1
    free = exponent - exponent.bit_length()
    if free > 0:
        count = -(-count >> free) << free
    if count > MAX_SEGMENTS:
        raise Invalid("part-too-large", f"a part holds at most {MAX_SEGMENTS} MiB")
    return count


def is_bucket(segments: int) -> bool:
    """Whether a padded payload can have this many segments."""
    return 0 < segments <= MAX_SEGMENTS and bucket_segments(plaintext_size(segments)) == segments


def plaintext_size(segments: int) -> int:
    """The plaintext bytes of a stream of ``segments`` full segments."""
    return segments * (SEGMENT - TAG) - HEADER


def leaf_hash(segment: bytes | bytearray | memoryview, suite: Suite = DEFAULT_SUITE) -> bytes:
    """The leaf of one MiB of ciphertext: SHA-256(00 || bytes)."""
    return suite.digest(b"\x00", segment)


def ciphertext_root(leaves: Iterable[bytes], suite: Suite = DEFAULT_SUITE) -> bytes:
    """The RFC 6962 root over leaf hashes."""
    tree = _Tree(suite)
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


class _Tree:
    """The right edge of a growing RFC 6962 tree: one root for each power of two in its size."""

    __slots__ = ("_roots", "_suite", "size")

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._roots: list[bytes] = []
        self.size = 0

    def add(self, leaf: bytes) -> None:
        self._roots.append(leaf)
        self.size += 1
        for _ in range((self.size & -self.size).bit_length() - 1):
            right = self._roots.pop()
            self._roots[-1] = self._suite.digest(b"\x01", self._roots[-1], right)

    def root(self) -> bytes:
        if not self._roots:
            return self._suite.digest()
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = self._suite.digest(b"\x01", left, root)
        return root


class RootHasher:
    """The root of a ciphertext that arrives in pieces of any size. Keeps less than one MiB."""

    __slots__ = ("_pending", "_suite", "_tree", "size")

    def __init__(self, suite: Suite = DEFAULT_SUITE) -> None:
        self._suite = suite
        self._tree = _Tree(suite)
        self._pending = bytearray()
        self.size = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data)
        self.size += len(view)
        while len(self._pending) + len(view) >= SEGMENT:
            if not self._pending:
                self._tree.add(leaf_hash(view[:SEGMENT], self._suite))
                view = view[SEGMENT:]
                continue
            missing = SEGMENT - len(self._pending)
            self._pending += view[:missing]
            self._tree.add(leaf_hash(self._pending, self._suite))
            self._pending.clear()
            view = view[missing:]
        self._pending += view

    def root(self) -> bytes:
        """The root of everything so far; more may follow."""
        if not self._pending:
            return self._tree.root()
        whole = _Tree(self._suite)
        whole.size, whole._roots = self._tree.size, list(self._tree._roots)
        whole.add(leaf_hash(self._pending, self._suite))
        return whole.root()


def _nonce(prefix: bytes, index: int, last: bool) -> bytes:
    return prefix + index.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


class StreamSealer:
    """Seals a payload whose padded size is known; feed it with :meth:`write`, then :meth:`close`.

    ``salt`` and ``prefix`` must be fresh for every sealing. Memory: two segments.
    """

    def __init__(
        self,
        suite: Suite,
        key: bytes,
        associated: bytes,
        out: BinaryIO,
        *,
        segments: int,
        salt: bytes,
        prefix: bytes,
    ) -> None:
        if len(salt) != SALT or len(prefix) != PREFIX:
            raise ValueError("a stream needs a 32-byte salt and a 7-byte nonce prefix")
        self._cipher = suite.aead(suite.hkdf(key, salt=salt, info=associated))
        self._suite, self._out, self._prefix, self._segments = suite, out, prefix, segments
        self._tree = _Tree(suite)
        self._plain = bytearray(SEGMENT - TAG)
        self._filled = 0
        self._room = SEGMENT - TAG - HEADER
        self._block = bytearray(SEGMENT)
        self._block[:HEADER] = bytes([HEADER]) + salt + prefix

    def write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            if self._filled == self._room:
                self._flush()
            take = min(len(view), self._room - self._filled)
            self._plain[self._filled : self._filled + take] = view[:take]
            self._filled += take
            view = view[take:]

    def _flush(self) -> None:
        index = self._tree.size
        if index >= self._segments:
            raise ValueError("more plaintext than announced")
        start = HEADER if index == 0 else 0
        nonce = _nonce(self._prefix, index, index == self._segments - 1)
        block = memoryview(self._block)
        self._cipher.encrypt_into(nonce, memoryview(self._plain)[: self._room], None, block[start:])
        self._out.write(block)
        self._tree.add(leaf_hash(block, self._suite))
        self._filled, self._room = 0, SEGMENT - TAG

    def close(self) -> bytes:
        """Pad with zeros up to the last segment's end, write it, and return the ciphertext's Merkle root."""
        zeros = bytes(SEGMENT)
        while self._tree.size < self._segments:
            self.write(memoryview(zeros)[: self._room - self._filled])
            self._flush()
        if self._filled:
            raise ValueError("more plaintext than announced")
        return self._tree.root()


class StreamOpener:
    """Opens segments of one stream, in any order. One opener may serve one thread at a time."""

    __slots__ = ("_buffer", "_cipher", "_prefix", "_segments", "size")

    def __init__(
        self,
        suite: Suite,
        key: bytes,
        associated: bytes,
        first: bytes | memoryview,
        *,
        size: int,
        buffer: bytearray | None = None,
    ) -> None:
        """``first`` is segment 0 or its 40-byte header at least; ``size`` that of the whole ciphertext.

        ``buffer``, one segment long, saves the opener a fresh one: fresh memory costs a third of the speed.
        """
        if len(first) < HEADER or first[0] != HEADER or size < HEADER + TAG:
            raise Invalid("bad-ciphertext", "the ciphertext does not begin with a stream header")
        salt, self._prefix = bytes(first[1 : 1 + SALT]), bytes(first[1 + SALT : HEADER])
        self._cipher: AESGCM = suite.aead(suite.hkdf(key, salt=salt, info=associated))
        self.size = size
        self._segments = -(-size // SEGMENT)
        self._buffer = memoryview(buffer if buffer is not None else bytearray(SEGMENT))

    def open(self, index: int, segment: bytes | memoryview) -> memoryview:
        """The plaintext of one segment, valid until the next call; else ``bad-ciphertext``."""
        if not 0 <= index < self._segments or len(segment) != min(SEGMENT, self.size - index * SEGMENT):
            raise Invalid("bad-ciphertext", "a segment has the wrong place or length", segment=index)
        body = memoryview(segment)[HEADER:] if index == 0 else segment
        if len(body) < TAG:
            raise Invalid("bad-ciphertext", "a segment is shorter than its tag", segment=index)
        out = self._buffer[: len(body) - TAG]
        try:
            self._cipher.decrypt_into(
                _nonce(self._prefix, index, index == self._segments - 1), body, None, out
            )
        except InvalidTag as error:
            raise Invalid(
                "bad-ciphertext", "a segment fails its authentication tag", segment=index
            ) from error
        return out
