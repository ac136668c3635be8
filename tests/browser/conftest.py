"""A whole installation and a real browser for the journeys: nothing in between is replaced.

`installation` runs `postroad up` in a home of its own, one for each file, with the named cast in it; `post_office` is the mail server of the
outside world; `visit` opens a browser for a person. Every page that is opened fails the test on a console error, on a
breach of the content security policy and, where it is inspected, on what axe-core calls serious.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.installation import Installation, prepare
from tests.browser.post_office import PostOffice
from tests.browser.visitor import PATIENCE_MS, Visitor

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = os.environ.get("POSTROAD_CHROMIUM", "/usr/bin/chromium")
SAID_LAST = 4_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = _what_is_missing()
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the installation said last, beside what failed."""
    report = yield
    installation = getattr(item, "funcargs", {}).get("installation")
    if report.failed and installation:
        report.sections.append(("postroad up", installation.log.read_text(errors="replace")[-SAID_LAST:]))
    return report


def _what_is_missing() -> str:
    if not Path(CHROMIUM).exists():
        return f"there is no Chromium at {CHROMIUM} (POSTROAD_CHROMIUM names another)"
    if not (ROOT / "postroad/web/static/web/dist/shell.js").exists():
        return "the front end is not built (make setup)"
    return ""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def post_office() -> Iterator[PostOffice]:
    with PostOffice() as office:
        yield office


@pytest.fixture(scope="session")
def prepared_home() -> Iterator[Path]:
    # Not below pytest's own folder: other runs take its rights away, and as root the database is another user.
    with TemporaryDirectory(prefix="postroad-browser-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "prepared"
        home.mkdir()
        prepare(home)
        yield home


@pytest.fixture(scope="module")
def installation(
    prepared_home: Path, post_office: PostOffice, request: pytest.FixtureRequest
) -> Iterator[Installation]:
    """Each file has its own, so that none finds what another wrote."""
    home = prepared_home.with_name(request.path.stem)
    subprocess.run(["cp", "--archive", prepared_home, home], check=True)  # with its owners, as PostgreSQL demands
    with Installation(home) as installation:
        post_office.deliver_to(installation.smtp_port, domain="company.test")
        yield installation
    shutil.rmtree(home)


@pytest.fixture
def visit(browser: Browser, installation: Installation) -> Iterator[Callable[..., Visitor]]:
    """`visit("agent")` signs that member of the cast in; `visit()` opens the browser of somebody unknown."""
    visitors: list[Visitor] = []

    def open_browser(name: str = "", *, language: str = "en", phone: bool = False) -> Visitor:
        visitor = Visitor(browser, installation, language=language, phone=phone)
        visitors.append(visitor)
        if name:
            visitor.sign_in(name)
        return visitor

    yield open_browser
    troubles = [trouble for visitor in visitors for trouble in visitor.close()]
    assert not troubles, "\n".join(troubles)


@pytest.fixture
def page(visit: Callable[..., Visitor]) -> Visitor:
    """The browser of somebody unknown."""
    return visit()
