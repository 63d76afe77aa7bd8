"""Steps on the sealed bids: what closed is what was sealed, what opened is what was committed to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO, cast

from bidding.archive import names
from bidding.archive.manifest import Right
from bidding.verify.case import Case
from bidding.verify.report import Failed, Findings, Wrong
from crypto.canonical import sha256_hex, unb64
from crypto.context import IDENTITY, hall_purpose
from crypto.dealing import check_dealing
from crypto.errors import Invalid
from crypto.manifest import Manifest, parse_manifest, submission_hash, verify_manifest
from crypto.opening import (
    PayloadJob,
    content_key,
    decrypt_payloads,
    read_form,
    reconstruct,
    verify_bidder_key,
    verify_form,
)
from crypto.payload import encode_form
from opening_hall.events import BidsOpened, Closed
from opening_hall.facts import ClosedBid, Opening
from opening_hall.seats import BidId


def check_closed(case: Case, findings: Findings) -> None:
    """Every bid of Closed is in the archive, sealed for this lot, and nothing else is."""
    closed = next((event for _, event in case.hall if isinstance(event, Closed)), None)
    bids: Mapping[Any, ClosedBid] = closed.bids if closed is not None else {}
    present = {name.split("/")[1] for name in case.opened.names(names.BIDS)}
    for bid in sorted(present - set(bids)):
        findings.add(f"{names.BIDS}{bid}", "bid-not-closed", "Closed does not list it")
    for bid, facts in bids.items():
        path = names.bid_path(bid, "manifest.json")
        try:
            case.manifests[bid] = _check_bid(case, bid, path, facts)
        except Invalid as error:
            findings.add(path, error.code, error.detail)
        except Failed as failed:
            findings.extend(failed.wrong)
    findings.note(f"{len(case.manifests)} of {len(bids)} live submissions match Closed")


def _check_bid(case: Case, bid: str, path: str, facts: ClosedBid) -> Manifest:
    data = case.opened.read(path)
    if sha256_hex(data) != facts.manifest_hash:
        raise Invalid("manifest-differs", "not the manifest that Closed lists")
    manifest = parse_manifest(data)
    if case.keyset is not None:
        verify_manifest(manifest, case.keyset, docs_hashes=frozenset(case.documents))
    if manifest.bid != bid:
        raise Invalid("manifest-differs", "it names another bid")
    box = names.bid_path(bid, "identity.box")
    if case.opened.has(box) and sha256_hex(case.opened.read(box)) != facts.box_hash:
        raise Failed(Wrong(box, "box-differs", "not the identity box that Closed lists"))
    roots = {name: part.root for name, part in manifest.parts.items()}
    sizes = {name: (part.size, part.root) for name, part in manifest.parts.items()}
    if sizes != {name: (part.size, part.root) for name, part in facts.parts.items()}:
        raise Invalid("manifest-differs", "its parts are not those that Closed lists")
    if submission_hash(facts.manifest_hash, facts.box_hash, roots) != facts.submission:
        raise Invalid("submission-differs", "manifest, box and roots do not give the submission of Closed")
    return manifest


def check_ciphertexts(case: Case, findings: Findings) -> None:
    """Ciphertexts in the archive have the roots that their manifests state."""
    count = 0
    for bid, manifest in case.manifests.items():
        for part, facts in manifest.parts.items():
            path = names.part_path(bid, part)
            described = case.opened.entries.get(path)
            if described is None:
                continue
            count += 1
            if not described.is_tree or (described.entry.size, described.root) != (facts.size, facts.root):
                findings.add(path, "ciphertext-differs", "not the ciphertext whose root the manifest states")
    findings.note(f"{count} ciphertexts under their roots" if count else "no ciphertext in this archive")


def check_shares(case: Case, findings: Findings) -> None:
    """Officers' shares, where present, are the dealt ones, and dealing again gives every envelope."""
    count = 0
    for bid, path, value in _secrets(case):
        manifest = case.manifests[bid]
        purposes = {hall_purpose(part): shares for part, shares in value.get("hallShares", {}).items()}
        if "identityShares" in value:
            purposes[IDENTITY] = value["identityShares"]
        for purpose, shares in purposes.items():
            try:
                secret = reconstruct(manifest, purpose, {int(n): unb64(s) for n, s in shares.items()})
            except (Invalid, ValueError) as error:
                if not _known_bad(case, bid):
                    findings.add(path, getattr(error, "code", "share-malformed"), f"{purpose}: {error}")
                continue
            count += 1
            if purpose == IDENTITY:
                case.identity_keys[bid] = secret
    shown = f"{count} dealings regenerated from officers' shares"
    findings.note(shown if count else "no shares by this right")


def check_openings(case: Case, findings: Findings) -> None:
    """Every form read out is the sealed one, and its K_hall is the one dealt to all officers."""
    count = 0
    for entry, event in case.hall:
        if not isinstance(event, BidsOpened):
            continue
        for bid, opening in event.results.items():
            manifest = case.manifests.get(bid)
            if manifest is None:
                findings.add(names.HALL_EVENTS, "opening-without-bid", bid, leaf=entry.index)
                continue
            try:
                _check_opening(manifest, event.part, opening)
                count += opening.ok
            except Invalid as error:
                findings.add(names.HALL_EVENTS, error.code, f"{bid}: {error.detail}", leaf=entry.index)
    findings.note(f"{count} forms match their commitments")


def _check_opening(manifest: Manifest, part: str, opening: Opening) -> None:
    if opening.k_hall:
        check_dealing(
            manifest.ctx, hall_purpose(part), unb64(opening.k_hall), manifest.k, manifest.seats,
            manifest.dealt(hall_purpose(part)),
        )  # fmt: skip
    if opening.ok:
        if not opening.k_hall:
            raise Invalid("k-hall-missing", "opened without the officers' key")
        form = encode_form(manifest.ctx, part, opening.form)
        verify_form(manifest, part, form, unb64(opening.nonce))


def check_keys(case: Case, findings: Findings) -> None:
    """Released keys, where present, are the committed ones and read the same forms from the ciphertext."""
    opened = {
        (str(bid), event.part): one for event in case.of(BidsOpened) for bid, one in event.results.items()
    }
    keys = forms = 0
    for bid, path, value in _secrets(case):
        manifest = case.manifests[bid]
        for part, text in value.get("bidderKeys", {}).items():
            try:
                key = unb64(text)
                verify_bidder_key(manifest, part, key)
                keys += 1
                opening = opened.get((bid, part))
                if opening is None or not opening.k_hall:
                    continue
                if not opening.ok:
                    _check_failure(case, manifest, part, key, opening)
                    continue
                dek = content_key(manifest, part, key, unb64(opening.k_hall))
                ciphertext = names.part_path(bid, part)
                if case.opened.has(ciphertext):
                    form = read_form(manifest, part, dek, case.opened.segment(ciphertext, 0))
                    forms += 1
                    if dict(form.fields) != dict(opening.form):
                        raise Invalid("form-differs", f"{part}: the ciphertext holds another form")
            except Invalid as error:
                findings.add(path, error.code, error.detail)
    if case.opened.manifest.right is Right.COURT and keys < sum(one.ok for one in opened.values()):
        findings.add(names.BIDS, "keys-withheld", f"{keys} released keys for {len(opened)} openings")
    shown = f"{keys} released keys, {forms} forms decrypted"
    findings.note(shown if keys else "no released keys by this right")


def _check_failure(case: Case, manifest: Manifest, part: str, key: bytes, opening: Opening) -> None:
    """A bid that the hall says does not open does not. Raises `Invalid("opening-denied")`."""
    path = names.part_path(manifest.bid, part)
    if not case.opened.has(path):
        return
    try:
        dek = content_key(manifest, part, key, unb64(opening.k_hall))
        read_form(manifest, part, dek, case.opened.segment(path, 0))
    except Invalid:
        return
    raise Invalid("opening-denied", f"{part}: it opens, though the hall recorded {opening.reason}")


def check_payloads(case: Case, findings: Findings) -> None:
    """Whole files, where ciphertext and key are present: every segment authentic, frame and padding right."""
    opened = {
        (str(bid), event.part): one for event in case.of(BidsOpened) for bid, one in event.results.items()
    }
    jobs = []
    for bid, path, value in _secrets(case):
        manifest = case.manifests[bid]
        for part, text in value.get("bidderKeys", {}).items():
            opening, ciphertext = opened.get((bid, part)), names.part_path(bid, part)
            if opening is None or not opening.ok or not case.opened.has(ciphertext):
                continue
            try:
                dek = content_key(manifest, part, unb64(text), unb64(opening.k_hall))
            except Invalid as error:
                findings.add(path, error.code, error.detail)
                continue
            read = partial(case.opened.segment, ciphertext)
            jobs.append(PayloadJob(manifest, part, dek, read, cast(BinaryIO, _Nowhere())))
    count = 0
    for job, failure in decrypt_payloads(jobs):
        count += 1
        if failure is not None:
            findings.add(names.part_path(job.manifest.bid, job.part), failure.code, failure.detail)
    findings.note(f"{count} whole files decrypted" if count else "no file can be decrypted by this right")


class _Nowhere:
    """Where plaintext goes that only has to be authentic."""

    def write(self, data: bytes) -> int:
        return len(data)


def _known_bad(case: Case, bid: str) -> bool:
    """The hall itself recorded that this bid's identity or dealing does not hold."""
    found = case.state.bids.get(BidId(bid)) if case.state is not None else None
    return found is not None and (found.failure is not None or bool(found.dealing) or bool(found.waiting))


def _secrets(case: Case) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for bid in case.manifests:
        path = names.bid_path(bid, "secrets.json")
        if case.opened.has(path):
            value = case.json(path)
            if not isinstance(value, dict):
                raise Failed(Wrong(path, "secrets-malformed"))
            yield bid, path, value
