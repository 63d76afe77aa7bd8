"""Lists and time stamps from other people's servers, which may be slow, wrong or gone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crypto.authority import DemoAuthority
from crypto.errors import Invalid, Unavailable
from crypto.revocation import RevocationEvidence
from crypto.revocation_cache import HandedIn, HttpFetch, RevocationCache
from crypto.timestamps import HttpAuthority, make_request, read_token
from crypto.trust import Revocation, TrustedAuthority, TrustStore, Verdict
from crypto.trust_files import demo_authority, demo_lists, load_authorities, load_policy

from .authorities import CODE, DAY, HOUR, NOW, ORGANISATION, trusted
from .documents import embedded_tsa
from .servers import Site, site


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as running:
        yield running


def listed(ca: DemoAuthority, web: Site) -> TrustedAuthority:
    web.answers["/root"] = lambda _: (200, ca.crl("root", at=NOW))
    web.answers["/issuing"] = lambda _: (200, ca.crl("intermediate", at=NOW))
    return replace(trusted(ca), crl_sources=(f"{web.url}/root", f"{web.url}/issuing"))


def test_lists_are_fetched_kept_and_renewed(ca: DemoAuthority, web: Site, tmp_path: Path) -> None:
    authority = listed(ca, web)
    cache = RevocationCache(tmp_path)
    store = TrustStore((authority,), source=cache)
    first = store.evidence(now=NOW)
    assert first.crls == (ca.crl("root", at=NOW), ca.crl("intermediate", at=NOW))
    assert store.evidence(now=NOW + HOUR / 60) == first
    assert len(web.asked) == 2
    store.evidence(now=NOW + HOUR)
    assert len(web.asked) == 4
    web.answers.clear()
    assert RevocationCache(tmp_path).evidence([authority], now=NOW + DAY) == first


def test_a_certificate_is_judged_with_what_the_cache_has(
    ca: DemoAuthority, web: Site, tmp_path: Path
) -> None:
    store = TrustStore((listed(ca, web),), source=RevocationCache(tmp_path))
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    judged = store.judge(certificate, at=NOW, evidence=store.evidence(now=NOW))
    assert (judged.verdict, judged.revocation) == (Verdict.VALID, Revocation.GOOD)


def test_a_silent_source_is_not_asked_all_the_time(ca: DemoAuthority, web: Site, tmp_path: Path) -> None:
    authority = replace(trusted(ca), crl_sources=(f"{web.url}/gone",))
    cache = RevocationCache(tmp_path)
    for _ in range(5):
        assert cache.evidence([authority], now=NOW) == RevocationEvidence()
    assert len(web.asked) == 1
    cache.evidence([authority], now=NOW + HOUR)
    assert len(web.asked) == 2


@pytest.mark.parametrize("wrong", ["junk", "foreign", "older", "redirect"])
def test_a_wrong_list_never_replaces_a_good_one(
    ca: DemoAuthority, web: Site, tmp_path: Path, wrong: str
) -> None:
    authority = listed(ca, web)
    cache = RevocationCache(tmp_path / "cache")
    good = cache.evidence([authority], now=NOW)
    foreign = DemoAuthority.create(tmp_path / "foreign", at=NOW - 30 * DAY)
    bodies = {
        "junk": (200, b"junk"),
        "foreign": (200, foreign.crl("intermediate", at=NOW + HOUR)),
        "older": (200, ca.crl("intermediate", at=NOW - DAY)),
        "redirect": (302, f"{web.url}/issuing".encode()),
    }
    web.answers["/issuing"] = lambda _: bodies[wrong]
    web.answers["/root"] = lambda _: (500, b"")
    assert cache.evidence([authority], now=NOW + HOUR) == good


def test_fetching_is_bounded(web: Site) -> None:
    web.answers["/large"] = lambda _: (200, b"x" * 10_000)
    web.answers["/moved"] = lambda _: (302, b"/large")
    with pytest.raises(Unavailable, match="larger"):
        HttpFetch(limit=5_000)(f"{web.url}/large", None)
    with pytest.raises(Unavailable, match="not finished"):
        HttpFetch(seconds=5, clock=iter((0.0, 6.0)).__next__)(f"{web.url}/large", None)
    assert len(HttpFetch()(f"{web.url}/moved", None)) == 10_000
    for url in ("file:///etc/passwd", "ftp://x/y", "http://127.0.0.1:1/"):
        with pytest.raises(Unavailable):
            HttpFetch(seconds=1)(url, None)


def test_a_responder_is_asked_after_the_opening_only_by_name(
    ca: DemoAuthority, web: Site, tmp_path: Path
) -> None:
    web.answers["/ocsp"] = lambda question: (200, ca.ocsp(question, at=NOW))
    authority = replace(trusted(ca), ocsp_sources=(f"{web.url}/gone", f"{web.url}/ocsp"))
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    cache = RevocationCache(tmp_path)
    answers = cache.ask(authority, certificate, ca.intermediate)
    lists = answers + RevocationEvidence((ca.crl("root", at=NOW),))
    judged = TrustStore((authority,)).judge(certificate, at=NOW, evidence=lists)
    assert judged.verdict is Verdict.VALID
    silent = replace(authority, ocsp_sources=(f"{web.url}/gone",))
    assert cache.ask(silent, certificate, ca.intermediate) == RevocationEvidence()


def test_lists_handed_in(ca: DemoAuthority) -> None:
    crls = (ca.crl("root", at=NOW),)
    assert TrustStore((trusted(ca),), source=HandedIn(crls)).evidence(now=NOW).crls == crls
    assert TrustStore((trusted(ca),)).evidence(now=NOW) == RevocationEvidence()


def test_the_demonstration_authority_needs_no_network(ca: DemoAuthority, tmp_path: Path) -> None:
    cache = RevocationCache(tmp_path, local=demo_lists(ca))
    store = TrustStore((demo_authority(ca),), source=cache)
    _, certificate = ca.issue(ORGANISATION, CODE, at=NOW - DAY)
    judged = store.judge(certificate, at=NOW, evidence=store.evidence(now=NOW))
    assert (judged.verdict, judged.authority) == (Verdict.VALID, "demo")


# -- time stamps over HTTP ---

DIGEST = hashlib.sha256(b"x").digest()


def test_a_token_is_fetched_and_verified(ca: DemoAuthority, web: Site) -> None:
    web.answers["/tsa"] = lambda question: (200, embedded_tsa(ca).respond(question))
    token = HttpAuthority(f"{web.url}/tsa", [ca.root]).stamp(DIGEST)
    assert read_token(token).digest == DIGEST


@pytest.mark.parametrize("wrong", ["gone", "status", "junk", "large", "other", "refused", "foreign"])
def test_without_a_good_token_the_authority_counts_as_out_of_reach(
    ca: DemoAuthority, web: Site, tmp_path: Path, wrong: str
) -> None:
    tsa = embedded_tsa(ca)
    foreign = DemoAuthority.create(tmp_path / "foreign", at=NOW - 30 * DAY)
    replayed = HttpAuthority(f"{web.url}/good", [ca.root])
    web.answers["/good"] = lambda question: (200, tsa.respond(question))
    old = tsa.respond(make_request(DIGEST, nonce=1))
    answers = {
        "status": lambda _: (503, b""),
        "junk": lambda _: (200, b"junk"),
        "large": lambda _: (200, b"x" * 200_000),
        "other": lambda _: (200, old),
        "refused": lambda _: (200, tsa.respond(b"junk")),
        "foreign": lambda question: (200, embedded_tsa(foreign).respond(question)),
    }
    web.answers |= {f"/{name}": answer for name, answer in answers.items()}
    url = "http://127.0.0.1:1/" if wrong == "gone" else f"{web.url}/{wrong}"
    with pytest.raises(Unavailable) as caught:
        HttpAuthority(url, [ca.root], timeout_seconds=5).stamp(DIGEST)
    assert caught.value.retry_after > 0
    assert replayed.stamp(DIGEST)


# -- trust as files ---

AUTHORITY = """
name = "某某CA"
crl_sources = ["http://crl.test/a.crl"]
ocsp_sources = ["http://ocsp.test/"]

[subject_rule]
source = "attribute"
oid = "2.5.4.11"
pattern = "^USCC:([0-9A-Z]{18})$"
"""


def folder(directory: Path, ca: DemoAuthority, text: str = AUTHORITY) -> Path:
    one = directory / "some-ca"
    one.mkdir(parents=True)
    (one / "authority.toml").write_text(text, "utf-8")
    (one / "anchors.pem").write_bytes(ca.chain_pem())
    return directory


def test_authorities_are_read_from_folders(ca: DemoAuthority, tmp_path: Path) -> None:
    (read,) = load_authorities(folder(tmp_path / "trust", ca))
    assert (read.id, read.name, read.crl_sources) == ("some-ca", "某某CA", ("http://crl.test/a.crl",))
    assert read.anchors == ca.chain
    assert read.intermediates == ()
    assert read.subject_rule.oid == "2.5.4.11"
    assert load_authorities(tmp_path / "none") == ()


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        'crl_sources = ["x"]',
        'name = "x"\ncrl_sources = "x"',
        'name = "x"\n[subject_rule]\npattern = "("',
        'name = "x"\n[subject_rule]\npattern = "no group"',
        'name = "x"\n[subject_rule]\nsource = "other"',
        'name = "x"\n[subject_rule]\noid = "not an oid"',
        'name = "x"\n[subject_rule]\nunknown = "x"',
    ],
)
def test_a_wrong_file_is_named(ca: DemoAuthority, tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid, match=r"some-ca/authority\.toml"):
        load_authorities(folder(tmp_path, ca, text))


def test_a_wrong_anchor_is_named(ca: DemoAuthority, tmp_path: Path) -> None:
    directory = folder(tmp_path, ca)
    (directory / "some-ca" / "intermediates.pem").write_text("junk")
    with pytest.raises(Invalid, match=r"some-ca/intermediates\.pem"):
        load_authorities(directory)
    (directory / "some-ca" / "anchors.pem").unlink()
    with pytest.raises(Invalid, match=r"some-ca/anchors\.pem"):
        load_authorities(directory)


def test_the_policy_is_data(tmp_path: Path) -> None:
    assert load_policy(tmp_path).missing == "adjudicate"
    (tmp_path / "policy.toml").write_text('max_age_hours = 36\nmissing = "hard"')
    policy = load_policy(tmp_path)
    assert (policy.max_age, policy.missing) == (36 * HOUR, "hard")
    (tmp_path / "policy.toml").write_text('missing = "whatever"')
    with pytest.raises(Invalid, match=r"policy\.toml"):
        load_policy(tmp_path)
