"""What browser tests stand on: a platform with the built client, people with certificates, guarded pages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request
from servers import free_port

from bidding.client.certificate import enrol
from bidding.client.http import Api
from bidding.demo.cast import PASSWORD
from bidding.demo.load import Loaded
from bidding.rehearse.plan import Organisation, organisation
from bidding.rehearse.server import OwnServer
from crypto.canonical import parse_iso
from crypto.signing import Signer
from scripts import web_build

AXE = web_build.CLIENT / "node_modules/axe-core/axe.min.js"
#: WCAG 2.2 AA and everything below, and what axe itself holds for good practice.
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async ([within, tags, without]) => {
    const rules = Object.fromEntries(without.map((id) => [id, { enabled: false }]))
    const options = { runOnly: tags, rules, resultTypes: ['violations'] }
    const { violations } = await axe.run(within ?? document, options)
    const told = (node) => `${node.target} ${node.html.slice(0, 160)} ${node.failureSummary}`
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(told) }))
}"""
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
#: What a server says when something of its own went wrong.
FAULTS = re.compile(r'"(?:unexpected error|task failed)"')
#: A refusal that a page shows is also an entry of the browser's own; only our own errors count.
EXPECTED = re.compile(
    r"Failed to load resource: .*(?:status of 4\d\d|net::ERR_(?:INTERNET_DISCONNECTED|ABORTED))"
)


def built_client() -> Path:
    """The built client: the one named in KAIBIAO_WEB_DIR, else built now from the sources if need be."""
    given = os.environ.get("KAIBIAO_WEB_DIR")
    if given:
        return Path(given).resolve()
    web_build.build(web_build.OUT)
    return web_build.OUT


@dataclass(slots=True)
class Person:
    """Somebody with a certificate: what they type on the sign-in page, and the signer for the other side."""

    name: str
    organisation: Organisation
    p12: Path
    signer: Signer
    password: str = PASSWORD


@dataclass(slots=True)
class Platform:
    """A running server with the client. `people` are made once and kept."""

    server: OwnServer
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return self.server.base

    @property
    def data(self) -> Path:
        return self.server.data

    def api(self) -> Api:
        """The interface as nobody in particular, for what the other side does in a test."""
        return Api.to(self.base)

    def person(self, key: str, name: str = "", number: int | None = None) -> Person:
        """Somebody of an organisation of their own (演示…有限公司), with a demonstration certificate."""
        if key not in self.people:
            number = number if number is not None else 5_000 + len(self.people)
            firm = organisation(f"演示{name or key}有限公司", number)
            path = self.server.directory / f"{key}.p12"
            who = f"演示{name or key}"
            signer = enrol(
                self.api(), path, PASSWORD, organisation=firm.name, credit_code=firm.credit_code, person=who
            )
            self.people[key] = Person(who, firm, path, signer)
        return self.people[key]

    def faults(self) -> list[str]:
        """Lines of the server's log that tell of a fault of its own."""
        path = self.server.directory / "server.log"
        return [line for line in path.read_text("utf-8").splitlines() if FAULTS.search(line)]


@contextmanager
def platform(folder: Path, client: Path, **settings: str) -> Iterator[Platform]:
    """A server of its own: rehearsals admitted, certificates issued at once; `settings` of KAIBIAO_*."""
    environment = {"KAIBIAO_WEB_DIR": str(client), "KAIBIAO_DEMO": "1"}
    environment |= {f"KAIBIAO_{name.upper()}": value for name, value in settings.items()}
    server = OwnServer(folder, free_port(), environment)
    server.start()
    running = Platform(server)
    try:
        yield running
    finally:
        server.stop()
        faults = running.faults()
        assert not faults, "\n".join(faults[:5])


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demonstration: its tender with three sealed bids, and everybody's certificate."""

    base: str
    tender: str
    lot: str
    opens_at: datetime
    people: Path

    def p12(self, who: str) -> Path:
        """The certificate of `agency`, `tenderer`, `supervisor`, `bidder-1` … `bidder-3`."""
        return self.people / who / "certificate.p12"

    def opening_key(self, who: str) -> Path:
        """An officer's key file; its passphrase is the password."""
        return self.people / who / f"opening-key-{self.lot}.json"

    def package(self, who: str) -> Path:
        """What a bidder keeps of a sealed bid: key file, recovery code, receipt. Not `bidder-1`, yet."""
        return self.people / who / f"package-{self.lot}"

    def api(self) -> Api:
        return Api.to(self.base)


@contextmanager
def demonstration(folder: Path, client: Path, minutes: float) -> Iterator[Demo]:
    """`kaibiao demo` as a process of its own, once everything is loaded; opens in `minutes`."""
    port = free_port()
    command = [sys.executable, "-m", "bidding", "demo", "--port", str(port), "--data-dir", str(folder)]
    command += ["--opens-in", str(minutes)]
    environment = {**os.environ, "KAIBIAO_WEB_DIR": str(client), "PYTHONUNBUFFERED": "1"}
    with (folder.parent / f"{folder.name}.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=output, env=environment, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "rehearse" in line:
                break
        held = json.loads((folder / "demo/demo.json").read_text("utf-8"))
        opens_at = parse_iso(held["opensAt"])
        loaded = Loaded(held["tender"], held["lot"], opens_at, folder / "demo/people")
        yield Demo(f"http://127.0.0.1:{port}", loaded.tender, loaded.lot, opens_at, loaded.people)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        process.kill()


# --- pages


# Without slots: Playwright keeps its wrappers beside the methods it is handed.
@dataclass
class Guard:
    """Collects what must not happen on any page: errors, refusals by the policy, requests to others."""

    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost"})
    found: list[str] = field(default_factory=list)
    allowed: list[re.Pattern[str]] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"uncaught: {error.error}"))
        context.on("request", self._request)

    def allow(self, pattern: str) -> None:
        """Let through what a test provokes on purpose."""
        self.allowed.append(re.compile(pattern))

    def check(self) -> None:
        wrong = [text for text in self.found if not any(p.search(text) for p in self.allowed)]
        assert not wrong, "the page reported:\n" + "\n".join(wrong[:10])

    def _console(self, message: ConsoleMessage) -> None:
        wrong = message.type == "error" and not EXPECTED.search(message.text)
        if wrong or "Vue warn" in message.text:
            self._note(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        url = request.url
        if url.startswith(("http", "ws")) and not any(f"//{host}" in url for host in self.hosts):
            self._note(f"a request to somebody else: {url}")

    def _note(self, text: str) -> None:
        self.found.append(text)


def axe(page: Page, *, within: str | None = None, without: tuple[str, ...] = ()) -> None:
    """No violation of the accessibility rules on the page as it stands, but for those `without` names."""
    page.evaluate(f"window.axe === undefined && (() => {{ {AXE.read_text('utf-8')} }})()")
    found: list[dict[str, Any]] = page.evaluate(RUN_AXE, [within, AXE_RULES, list(without)])
    told = [f"{one['id']}: {one['help']}\n    " + "\n    ".join(one["nodes"][:4]) for one in found]
    assert not told, f"{page.url}\n" + "\n".join(told)


def no_sideways_scroll(page: Page) -> None:
    """Nothing sticks out on a phone."""
    wide = page.evaluate("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than the screen"


def language(context: BrowserContext, lang: str) -> None:
    """The language of all pages opened from now on: `zh` or `en`."""
    context.add_init_script(f"try {{ localStorage.setItem('kb-lang', {lang!r}) }} catch {{}}")


def care_mode(context: BrowserContext) -> None:
    """无障碍/关怀版 for all pages opened from now on."""
    context.add_init_script("try { localStorage.setItem('kb-care', '1') } catch {}")


def focused(page: Page) -> Locator:
    """The element that has the focus."""
    return page.locator("*:focus")


def slot_of(page: Page) -> str:
    """The identity's slot of a page."""
    found = re.search(r"/as/([A-Za-z0-9_-]{8,64})(?:/|$)", page.url)
    assert found, f"no identity in {page.url}"
    return found.group(1)


SIGN_IN = {
    "zh": ("选择 .p12 或 .pfx 文件", "证书密码", "打开证书", "以此身份登录"),
    "en": (
        "Choose a .p12 or .pfx file",
        "Certificate password",
        "Open the certificate",
        "Sign in as this person",
    ),
}


def sign_in(page: Page, base: str, p12: Path, password: str = PASSWORD, next_path: str = "") -> str:
    """Through the sign-in page with a .p12, on to `next_path` or the desk; the identity's slot."""
    page.goto(f"{base}/sign-in" + (f"?next={next_path}" if next_path else ""))
    # The page says its language once it has started.
    either = re.compile("|".join(re.escape(names[0]) for names in SIGN_IN.values()))
    page.get_by_label(either).wait_for(state="attached")
    lang = "en" if (page.locator("html").get_attribute("lang") or "").startswith("en") else "zh"
    choose, type_password, open_it, go = SIGN_IN[lang]
    page.get_by_label(choose).set_input_files(p12)
    page.get_by_label(type_password, exact=True).fill(password)
    page.get_by_role("button", name=open_it).click()
    page.get_by_role("button", name=go).click()
    page.wait_for_url(re.compile(r"/as/[A-Za-z0-9_-]{8,64}/"))
    return slot_of(page)


def as_person(context: BrowserContext, base: str, p12: Path, path: str = "/desk") -> Page:
    """A new tab, signed in, at a path."""
    page = context.new_page()
    sign_in(page, base, p12, next_path=path)
    return page


def goto_as(page: Page, path: str) -> None:
    """Another page as the same identity."""
    base = page.url.split("/as/")[0]
    page.goto(f"{base}/as/{slot_of(page)}{path}")


def wait_until(page: Page, condition: str, seconds: float = 15.0) -> None:
    """Until a JavaScript expression is true."""
    page.wait_for_function(condition, timeout=seconds * 1000)
