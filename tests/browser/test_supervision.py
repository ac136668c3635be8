"""The wallboard follows what happens without being asked; the reports lead to the cases behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.installation import Installation
from tests.browser.visitor import Visitor


@pytest.fixture
def come_in(installation: Installation) -> Callable[[str], None]:
    """`come_in("mail")`: a mail, a call or a chat comes in."""

    def come_in(kind: str) -> None:
        installation.play("tests.browser.wallboard_stage", kind)

    come_in("nothing")
    return come_in


@pytest.mark.parametrize("phone", [False, True])
def test_the_wallboard_changes_without_a_reload_when_a_mail_a_call_or_a_chat_comes_in(
    visit: Callable[..., Visitor], come_in: Callable[[str], None], *, phone: bool
) -> None:
    lead = visit("desk_lead", phone=phone)
    page = lead.page
    for kind, figure in (("mail", "waiting"), ("call", "ringing"), ("chat", "chats")):
        lead.open(f"/supervision/wallboard/?channel=wall-{kind}")
        page.evaluate("window.neverReloaded = true")
        shown = page.locator(f"[data-figure={figure}]")
        before = int(shown.inner_text())
        come_in(kind)
        # Well before the half minute after which the page would ask by itself.
        expect(shown).to_have_text(str(before + 1), timeout=15_000)
        assert page.evaluate("window.neverReloaded")
    lead.open("/supervision/wallboard/")
    expect(page.locator("[data-countup]").first).to_be_visible()
    lead.inspect(f"wallboard-{'phone' if phone else 'desktop'}")


def test_the_longest_waiting_time_counts_up(visit: Callable[..., Visitor], come_in: Callable[[str], None]) -> None:
    come_in("mail")
    lead = visit("desk_lead")
    lead.open("/supervision/wallboard/?channel=wall-mail")
    clock = lead.page.locator("[data-countup]").first
    before = clock.inner_text()
    expect(clock).not_to_have_text(before)


def test_a_figure_leads_to_its_distribution_and_to_the_cases_behind_it(
    visit: Callable[..., Visitor], come_in: Callable[[str], None]
) -> None:
    come_in("mail")
    lead = visit("desk_lead")
    page = lead.page
    lead.open("/supervision/?channel=wall-mail")
    lead.inspect("reports")
    page.get_by_role("link", name="New cases").first.click()
    expect(page.locator("h1")).to_have_text("New cases")
    lead.inspect("report-figure")
    page.get_by_role("link", name="The cases behind it").first.click()
    expect(page.locator("[data-row]").first).to_be_visible()
    lead.inspect("report-cases")
    page.locator("[data-row] a").first.click()
    expect(page.locator("#thread")).to_be_visible()


def test_reports_read_on_a_phone(visit: Callable[..., Visitor], come_in: Callable[[str], None]) -> None:
    come_in("mail")
    lead = visit("desk_lead", phone=True)
    for name, path in {
        "reports": "/supervision/",
        "figure": "/supervision/figures/first-reply/",
        "cases": "/supervision/figures/opened/cases/",
    }.items():
        lead.open(path)
        lead.inspect(f"report-{name}-phone")


def test_a_screen_on_the_wall_follows_by_its_link_alone(
    visit: Callable[..., Visitor], come_in: Callable[[str], None]
) -> None:
    lead = visit("desk_lead")
    lead.open("/supervision/screens/")
    lead.page.locator("input[name=name]").fill("Hall")
    lead.page.get_by_role("button", name="Make the link").click()
    address = lead.page.locator(".wall-link a").last.get_attribute("href") or ""
    lead.inspect("screens")
    wall = visit()
    wall.open("/" + address.split("/", 3)[3])
    shown = wall.page.locator("[data-figure=waiting]")
    before = int(shown.inner_text())
    come_in("mail")
    expect(shown).to_have_text(str(before + 1), timeout=15_000)
    wall.inspect("screen")
