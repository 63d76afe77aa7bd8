"""Sound as every browser plays it without a codec of its own: WAV, one channel, μ-law (ITU-T G.711). Pure."""

from __future__ import annotations

import struct
from array import array
from functools import cache

from crypto.errors import Invalid

PCM, MULAW = 1, 7
#: What is spoken is sampled no faster than this: speech gains little, listeners' networks much.
FASTEST = 16_000
_BIAS, _CLIP = 0x84, 32_635


def to_mulaw(wav: bytes) -> bytes:
    """16-bit PCM (one channel) as a μ-law file of half the size or less. Raises Invalid("bad-sound")."""
    rate, samples = read_pcm(wav)
    while rate > FASTEST:
        # Neighbours averaged: a plain low-pass before every second sample is left out.
        even = len(samples) // 2 * 2
        pairs = zip(samples[0:even:2], samples[1:even:2], strict=True)
        samples = array("h", ((a + b) // 2 for a, b in pairs))
        rate //= 2
    table = _table()
    data = bytes(table[sample & 0xFFFF] for sample in samples)
    head = struct.pack("<HHIIHHH", MULAW, 1, rate, rate, 1, 8, 0)
    fact = struct.pack("<I", len(data))
    chunks = _chunk(b"fmt ", head) + _chunk(b"fact", fact) + _chunk(b"data", data)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def read_pcm(wav: bytes) -> tuple[int, array[int]]:
    """Rate and samples of a 16-bit file with one channel; a size that was not known when it was written is
    taken as "to the end".

    Raises Invalid("bad-sound").
    """
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise Invalid("bad-sound", "no WAV file")
    at, rate = 12, 0
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + 8], "little")
        body = wav[at + 8 : at + 8 + size]
        if name == b"fmt ":
            if len(body) < 16:
                break
            form, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
            if (form, channels, bits) != (PCM, 1, 16):
                raise Invalid("bad-sound", "not 16-bit PCM with one channel")
        elif name == b"data" and rate:
            samples = array("h")
            samples.frombytes(body[: len(body) // 2 * 2])
            return rate, samples
        at += 8 + size + size % 2
    raise Invalid("bad-sound", "no samples")


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


@cache
def _table() -> bytes:
    return bytes(_mulaw(n - 0x10000 if n >= 0x8000 else n) for n in range(0x10000))


def _mulaw(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    level = min(abs(sample), _CLIP) + _BIAS
    exponent = level.bit_length() - 8
    mantissa = level >> (exponent + 3) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF
