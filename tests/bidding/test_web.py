"""The platform hands out the web client: its page with a policy, its files, its release in the log."""

import base64
import gzip
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bidding.app import create_app
from bidding.deps import Deps
from bidding.settings import Settings
from bidding.web.api import record_release
from bidding.web.build import Build, read_build, release_digest
from crypto.canonical import parse_iso, unb64
from crypto.translog.leaf import commitment, leaf

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SCRIPT = b"console.log('kaibiao')\n" * 40
PAGE = (
    '<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__">'
    '<script type="module" nonce="__CSP_NONCE__" src="/assets/index-1.js"></script>'
)


def make_build(folder: Path, script: bytes = SCRIPT) -> Path:
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    (folder / ".vite").mkdir(exist_ok=True)
    (folder / ".vite/manifest.json").write_text("{}")
    (folder / "assets/index-1.js").write_bytes(script)
    (folder / "assets/index-1.js.gz").write_bytes(gzip.compress(script))
    (folder / "assets/index-1.js.br").write_bytes(b"not really brotli")
    (folder / "assets/type-1.woff2").write_bytes(b"wOF2")
    (folder / "icon.svg").write_text("<svg/>")
    (folder / "index.html").write_text(PAGE)
    return folder


@dataclass
class Web:
    client: TestClient
    deps: Deps
    folder: Path

    def build(self) -> Build:
        found = read_build(self.folder)
        assert found is not None
        return found


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    folder = make_build(tmp_path / "built")
    settings = Settings(data_dir=tmp_path / "data", anchor=tmp_path / "anchor", web_dir=folder)
    app = create_app(settings)
    with TestClient(app, base_url="http://127.0.0.1:8420") as client:
        yield Web(client, app.state.deps, folder)


@pytest.mark.parametrize("path", ["/", "/notices", "/lots/l_x/bid", "/as/abcdefgh/desk", "/halls/l_1?screen"])
def test_every_page_is_the_one_page(web: Web, path: str) -> None:
    answer = web.client.get(path, headers={"Accept": BROWSER})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_the_policy_admits_scripts_by_the_answers_own_nonce_alone(web: Web) -> None:
    nonces = set()
    for _ in range(3):
        answer = web.client.get("/")
        policy = dict(
            rule.partition(" ")[::2] for rule in answer.headers["content-security-policy"].split("; ")
        )
        (nonce,) = set(re.findall(r'nonce="([^"]+)"', answer.text))
        assert policy["script-src"] == f"'nonce-{nonce}' 'strict-dynamic'"
        assert policy["style-src"] == f"'self' 'nonce-{nonce}'"
        nonces.add(nonce)
    assert len(nonces) == 3 and min(map(len, nonces)) >= 22
    assert policy["default-src"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == "'none'" and policy["require-trusted-types-for"] == "'script'"
    assert policy["connect-src"] == "'self' ws://127.0.0.1:8420"
    for weak in ("unsafe-inline", "unsafe-eval", "http:", "*"):
        assert weak not in answer.headers["content-security-policy"]


def test_a_halls_page_names_what_it_loads_next_and_the_page_itself_stays_the_same(web: Web) -> None:
    told = {
        "index.html": {"file": "assets/index-1.js"},
        "src/hall/HallPage.vue": {
            "file": "assets/hall-1.js",
            "css": ["assets/hall-1.css"],
            "imports": ["index.html", "_tabs"],
            "dynamicImports": ["_later"],
        },
        "_tabs": {"file": "assets/tabs-1.js", "imports": ["src/hall/HallPage.vue"]},
        "_later": {"file": "assets/later-1.js"},
    }
    make_build(web.folder, SCRIPT + b"// next")
    (web.folder / ".vite/manifest.json").write_text(json.dumps(told))
    pages = [web.client.get(path, headers={"Accept": BROWSER}) for path in ("/as/abcdefgh/halls/l_1", "/")]
    policy = pages[0].headers["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert pages[0].headers["link"].split(", ") == [
        f"</assets/hall-1.js>; rel=modulepreload; nonce={nonce}; crossorigin",
        "</assets/hall-1.css>; rel=preload; as=style; crossorigin",
        f"</assets/tabs-1.js>; rel=modulepreload; nonce={nonce}; crossorigin",
    ]
    assert "link" not in pages[1].headers
    assert len({re.sub('nonce="[^"]+"', "", page.text) for page in pages}) == 1


def test_every_answer_is_closed_to_others(web: Web) -> None:
    for path in ("/", "/api/log/vkey", "/api/nowhere", "/assets/index-1.js", "/problems/not-found"):
        headers = web.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers


def test_over_tls_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "data",
        anchor=tmp_path / "anchor",
        web_dir=make_build(tmp_path / "built"),
        public_url="https://bid.example.cn",
    )
    with TestClient(create_app(settings)) as client:
        headers = client.get("/").headers
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert "connect-src 'self' wss://bid.example.cn;" in headers["content-security-policy"]


def test_hashed_files_are_kept_for_ever_and_sent_packed(web: Web) -> None:
    plain = web.client.get("/assets/index-1.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == SCRIPT and "content-encoding" not in plain.headers
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    packed = web.client.get("/assets/index-1.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and packed.content == SCRIPT
    assert packed.headers["vary"] == "Accept-Encoding"
    with web.client.stream("GET", "/assets/index-1.js", headers={"Accept-Encoding": "gzip, br"}) as best:
        assert best.headers["content-encoding"] == "br"
        assert b"".join(best.iter_raw()) == b"not really brotli"
    refused = web.client.get("/assets/index-1.js", headers={"Accept-Encoding": "br;q=0, gzip"})
    assert refused.headers["content-encoding"] == "gzip"
    assert len({answer.headers["etag"] for answer in (plain, packed, best)}) == 3
    again = web.client.get(
        "/assets/index-1.js", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    )
    assert again.status_code == 304
    assert web.client.get("/assets/type-1.woff2").headers["content-type"] == "font/woff2"


def test_nothing_beside_the_build_is_handed_out(web: Web) -> None:
    (web.folder.parent / "secret.txt").write_text("secret")
    for path in ("/assets/none.js", "/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"):
        answer = web.client.get(path)
        assert "secret" not in answer.text
    assert web.client.get("/assets/none.js").json()["code"] == "not-found"
    assert web.client.get("/.vite/manifest.json").headers["content-type"].startswith("text/html")
    # The page as a file would be one without a policy of its own.
    assert "__CSP_NONCE__" not in web.client.get("/index.html").text


def test_the_interface_is_not_hidden_by_pages(web: Web) -> None:
    assert web.client.get("/api/nowhere", headers={"Accept": BROWSER}).json()["code"] == "not-found"
    assert web.client.get("/api/auth/challenge").status_code == 405
    assert web.client.post("/nowhere").status_code == 404
    assert web.client.get("/problems/not-found").text.startswith("<!doctype html>")
    assert web.client.get("/problems/none-such").status_code == 404


@pytest.mark.parametrize(
    ("accept", "page"),
    [
        (BROWSER, True),
        ("*/*", False),
        ("", False),
        ("application/json", False),
        ("application/json,text/html", False),
    ],
)
def test_a_printed_address_leads_people_to_the_page_and_programs_to_the_facts(
    web: Web, accept: str, page: bool
) -> None:
    answer = web.client.get("/verify/guessed", headers={"Accept": accept})
    assert ("__CSP_NONCE__" not in answer.text and "<script" in answer.text) is page
    if not page:
        assert answer.json()["code"] == "not-found"


def test_without_a_build_one_plain_page_says_so(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", anchor=tmp_path / "anchor", web_dir=tmp_path / "nothing")
    with TestClient(create_app(settings)) as client:
        answer = client.get("/notices")
        assert answer.status_code == 503
        assert "网页端尚未构建" in answer.text and "not built" in answer.text
        assert client.get("/api/web/release").json()["code"] == "not-found"
        assert client.get("/api/log/vkey").status_code == 200


def test_a_release_is_logged_once_and_provable(web: Web) -> None:
    build = web.build()
    record_release(web.deps, build)
    record_release(web.deps, build)
    told = web.client.get("/api/web/release").json()
    assert told["digest"] == build.digest == release_digest(build.files)
    listed = {one["path"]: one["sha256"] for one in told["files"]}
    assert listed["assets/index-1.js"] == hashlib.sha256(SCRIPT).hexdigest()
    assert set(listed) == {"assets/index-1.js", "assets/type-1.woff2", "icon.svg", "index.html"}
    logged = told["logged"]
    assert logged["body"] == {"digest": build.digest, "files": build.files}
    facts = [logged[name] for name in ("stream", "version", "type", "seat", "body")]
    entry = leaf(parse_iso(logged["at"]), commitment(unb64(logged["salt"]), *facts))
    proof = web.client.get(
        "/api/log/proof/inclusion", params={"index": logged["index"], "size": logged["index"] + 1}
    ).json()
    assert entry == base64.b64decode(proof["leaf"])
    released = [one for one in web.deps.log.read("platform") if one.type == "WebReleased"]
    assert len(released) == 1


def test_another_build_takes_effect_and_is_logged_without_a_restart(web: Web) -> None:
    record_release(web.deps, web.build())
    first = web.build()
    make_build(web.folder, b"console.log('other')\n" * 40)
    os.utime(web.folder / "index.html", (1, 1))
    second = web.build()
    assert second.digest != first.digest
    record_release(web.deps, second)
    make_build(web.folder)
    os.utime(web.folder / "index.html", (2, 2))
    # Back to the first: that is a change, too.
    record_release(web.deps, web.build())
    digests = [
        one.body["digest"] for one in web.deps.log.read("platform") if one.type == "WebReleased" and one.body
    ]
    assert digests == [first.digest, second.digest, first.digest]
