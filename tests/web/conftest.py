"""Fixtures of browser tests. Every test here is a story; those of one file run in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from web import harness
from web.harness import DESKTOP, Demo, Guard, Platform

from scripts import browsers

ContextFactory = Callable[..., BrowserContext]


#: What every run tries; the other files are run by `scripts/test-browsers`, which takes much longer.
EVERY_RUN = frozenset(
    {
        "test_shell.py",
        "agency/test_rules_and_checks.py",
        "agency/test_whole_tender.py",
        "bidder/test_submission.py",
        "guide/test_guide.py",
        "hall/test_connection.py",
        "hall/test_opening.py",
        "identity/test_application.py",
        "identity/test_identities.py",
        "identity/test_signing_in.py",
        "officer/test_opening_keys.py",
        "public/test_notices.py",
        "story/test_opening_in_chinese.py",
        "story/test_opening_in_english.py",
        "verify/test_receipts.py",
        "verify/test_records.py",
    }
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.story)
            if item.path.relative_to(here).as_posix() not in EVERY_RUN:
                item.add_marker(pytest.mark.long)
            # Real browsers, servers and deadlines on a busy machine: what fails twice in a row is wrong.
            # Tests that play one opening in turn cannot be played again one by one.
            if not getattr(item.module, "IN_ORDER", False):  # type: ignore[attr-defined]
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def client() -> Path:
    """The built client, made once for all test processes."""
    return harness.built_client()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def launched(playwright: Playwright) -> Iterator[Callable[[str], Browser]]:
    """One browser of an engine a test process, started when it is first asked for."""
    running: dict[str, Browser] = {}

    def launch(engine: str) -> Browser:
        if engine not in running:
            running[engine] = LAUNCH[engine](playwright)
        return running[engine]

    yield launch
    for one in running.values():
        one.close()


def _chromium(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=browsers.chromium(), args=browsers.ARGUMENTS, env=browsers.environment()
    )


def _firefox(playwright: Playwright) -> Browser:
    if browsers.firefox() is None:
        pytest.skip("no Firefox here: apt-get install firefox-esr")
    return playwright.firefox.launch(channel="moz-firefox", executable_path=browsers.FIREFOX_LAUNCHER)


LAUNCH = {"chromium": _chromium, "firefox": _firefox}
#: Mark of a story that runs in both engines.
both_engines = pytest.mark.parametrize(
    "engine",
    ["chromium", "firefox"],
    indirect=True,
)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """`chromium`, or what `@both_engines` asks for."""
    return str(getattr(request, "param", "chromium"))


@pytest.fixture
def browser(launched: Callable[[str], Browser], engine: str) -> Browser:
    return launched(engine)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, client: Path) -> Iterator[Platform]:
    """A server of the file's own, empty: rehearsals admitted, certificates issued at once."""
    with harness.platform(tmp_path_factory.mktemp("platform"), client) as running:
        yield running


@pytest.fixture
def start_platform(tmp_path: Path, client: Path) -> Iterator[Callable[..., Platform]]:
    """Another server with settings of its own: `start_platform(session_idle_seconds="5")`."""
    with ExitStack() as stack:
        count = iter(range(100))

        def start(**settings: str) -> Platform:
            return stack.enter_context(harness.platform(tmp_path / f"p{next(count)}", client, **settings))

        yield start


@pytest.fixture
def demonstration(tmp_path: Path, client: Path) -> Iterator[Callable[[float], Demo]]:
    """`demonstration(1.5)`: three sealed bids, everybody's certificate, opening in 1.5 minutes."""
    with ExitStack() as stack:
        yield lambda minutes: stack.enter_context(
            harness.demonstration(tmp_path / "demonstration", client, minutes)
        )


@pytest.fixture
def guard() -> Iterator[Guard]:
    """Errors, policy violations and requests to others fail the test; `guard.allow(pattern)` excepts."""
    watching = Guard()
    yield watching
    watching.check()


@pytest.fixture
def new_context(browser: Browser, guard: Guard) -> Iterator[ContextFactory]:
    """Guarded contexts, each a browser of its own: `new_context(lang="en", viewport=PHONE, care=True)`."""
    with ExitStack() as stack:

        def make(lang: str = "zh", care: bool = False, **options: Any) -> BrowserContext:
            context = browser.new_context(**_options(lang, options))
            stack.callback(context.close)
            _prepare(context, guard, lang, care)
            return context

        yield make


@pytest.fixture
def persistent_context(playwright: Playwright, guard: Guard, tmp_path: Path) -> Iterator[ContextFactory]:
    """A browser with a profile on disk: files it keeps (OPFS) are not in memory, and survive `profile=`."""
    with ExitStack() as stack:
        count = iter(range(100))

        def make(
            lang: str = "zh", care: bool = False, profile: Path | None = None, **options: Any
        ) -> BrowserContext:
            folder = profile or tmp_path / f"profile-{next(count)}"
            context = playwright.chromium.launch_persistent_context(
                folder,
                executable_path=browsers.chromium(),
                args=browsers.ARGUMENTS,
                env=browsers.environment(),
                **_options(lang, options),
            )
            stack.callback(context.close)
            _prepare(context, guard, lang, care)
            return context

        yield make


@pytest.fixture
def context(new_context: ContextFactory) -> BrowserContext:
    """A browser in Chinese on a desk."""
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def _options(lang: str, options: dict[str, Any]) -> dict[str, Any]:
    locale = {"zh": "zh-CN", "en": "en-GB"}[lang]
    return {"locale": locale, "timezone_id": "Asia/Shanghai", "viewport": DESKTOP, **options}


def _prepare(context: BrowserContext, guard: Guard, lang: str, care: bool) -> None:
    guard.watch(context)
    context.set_default_timeout(15_000)
    harness.language(context, lang)
    if care:
        harness.care_mode(context)
