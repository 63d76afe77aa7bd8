"""What phase B asks of one machine: reading every form at once, then decrypting in bulk.

Baseline of the bulk rate is `openssl speed -evp aes-256-gcm` with blocks of one segment, one process against
one thread of ours, taken in turns; the best of each counts, since both only ever lose to other load.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crypto.envelope import (
    SEGMENT,
    Manifest,
    PartInput,
    PayloadJob,
    bidder_part_key,
    content_key,
    decrypt_payloads,
    hall_purpose,
    open_share,
    parse_manifest,
    read_form,
    reconstruct,
    unwrap_key_file,
)

sys.path.append(str(Path(__file__).parents[2] / "tests"))
from sealed_world import World, make_world, seal_in

HALL = hall_purpose("main")


class Nowhere(io.RawIOBase):
    """Takes what is decrypted and keeps nothing: the disk is measured elsewhere."""

    def write(self, data: Any) -> int:
        return len(data)


@dataclass(frozen=True)
class Released:
    """A bid as phase B finds it: the bidder's key and the officers' shares are in."""

    manifest: Manifest
    bidder_key: bytes
    shares: dict[int, bytes]
    ciphertext: memoryview

    def segment(self, index: int) -> memoryview:
        return self.ciphertext[index * SEGMENT : (index + 1) * SEGMENT]

    def dek(self) -> bytes:
        hall = reconstruct(self.manifest, HALL, self.shares)
        return content_key(self.manifest, "main", self.bidder_key, hall)


def run(quick: bool) -> list[dict[str, Any]]:
    bids = _bids(20 if quick else 139, 2 << 20)
    began = time.perf_counter()
    for bid in bids:
        read_form(bid.manifest, "main", bid.dek(), bytes(bid.segment(0)))
    forms = time.perf_counter() - began
    jobs = [PayloadJob(b.manifest, "main", b.dek(), b.segment, Nowhere()) for b in bids]  # type: ignore[arg-type]
    ours, baseline = 0.0, 0.0
    for _ in range(3 if quick else 5):
        baseline = max(baseline, _openssl())
        ours = max(ours, _rate(jobs))
    return [
        {
            "name": f"forms of {len(bids)} bids of 2 MiB",
            "figure": forms,
            "unit": "s",
            "baseline": None,
            "ratio": None,
            "goal": "≤ 3 s",
            "ok": forms <= 3,
        },
        {
            "name": "bulk decryption, one thread",
            "figure": ours,
            "unit": "MB/s",
            "baseline": baseline,
            "ratio": ours / baseline,
            "goal": "≥ 0.85 of openssl speed",
            "ok": ours >= 0.85 * baseline,
        },
    ]


def _bids(count: int, size: int) -> list[Released]:
    world = make_world()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source"
        source.write_bytes(bytes(size))
        return [_release(world, folder / f"bid{number}", source, number) for number in range(count)]


def _release(world: World, folder: Path, source: Path, number: int) -> Released:
    sealed = seal_in(world, folder, [PartInput("main", {"price": str(number)}, [("file", source)])])
    manifest = parse_manifest(sealed.manifest)
    held = unwrap_key_file(sealed.key_file, "correct horse")
    data = sealed.ciphertexts["main"].read_bytes()
    sealed.ciphertexts["main"].unlink()
    return Released(
        manifest,
        bidder_part_key(manifest, held.k_bidder, "main"),
        {i: open_share(manifest, HALL, i, world.opening_keys[i - 1]) for i in (1, 2)},
        memoryview(data),
    )


def _rate(jobs: list[PayloadJob]) -> float:
    """MB of ciphertext per CPU second (what openssl counts too), by the same function as the opening."""
    began = time.process_time()
    for _, error in decrypt_payloads(jobs, workers=1):
        if error is not None:
            raise error
    return sum(job.manifest.part("main").size for job in jobs) / 1e6 / (time.process_time() - began)


def _openssl() -> float:
    command = ["openssl", "speed", "-evp", "aes-256-gcm", "-bytes", str(SEGMENT), "-seconds", "1"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"([0-9.]+)k\s*$", out.strip().splitlines()[-1])
    if found is None:
        raise RuntimeError(f"openssl speed said: {out}")
    return float(found[1]) / 1000
