"""The hotline in a browser: who is calling, whom to call back, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.installation import Installation
from tests.browser.visitor import Visitor


@pytest.fixture(scope="module")
def telephone(installation: Installation) -> Callable[[str], None]:
    """`telephone("ring")`: what the telephone system tells; see `hotline_stage`."""

    def tell(what: str) -> None:
        installation.play("tests.browser.hotline_stage", what)

    return tell


def test_a_call_opens_the_customers_card_for_the_agent_it_rings_at(
    visit: Callable[..., Visitor], telephone: Callable[[str], None]
) -> None:
    telephone("miss")
    agent = visit("agent")
    agent.open("/")
    telephone("ring")
    card = agent.page.locator("#work-hotline-now")
    expect(card).to_contain_text("刘洋")
    expect(card).to_contain_text("Key account")
    expect(card).to_contain_text("Last calls")
    expect(card.get_by_role("link", name="#").first).to_be_visible()
    agent.inspect("hotline-card")
    card.get_by_role("link", name="刘洋").click()
    expect(agent.page.locator("main")).to_contain_text("Service hotline")
    agent.inspect("hotline-call")
    other = visit("agent2")
    other.open("/")
    expect(other.page.locator("#work-hotline-now")).not_to_contain_text("刘洋")


def test_who_reached_nobody_is_called_back_from_a_phone(
    visit: Callable[..., Visitor], telephone: Callable[[str], None]
) -> None:
    telephone("miss")
    phone = visit("agent", phone=True)
    phone.open("/hotline/call-backs/")
    waiting = phone.page.locator(".hotline-waits")
    expect(waiting.filter(has_text="刘洋")).to_have_count(1)
    unknown = waiting.filter(has_text="left a voicemail")
    expect(unknown).to_have_count(1)
    phone.inspect("hotline-call-backs-phone")
    for box in (one.bounding_box() for one in unknown.get_by_role("button").all()):
        assert box is not None
        assert box["height"] >= 40, "a thumb hits every button"
    unknown.get_by_role("button", name="Show the number").click()
    expect(unknown.locator("a[href='tel:021 5555 0101'], a[href^='tel:']")).to_be_visible()
    unknown.get_by_label("Note for colleagues").fill("wants an offer")
    unknown.get_by_role("button", name="Reached, and settled").click()
    expect(phone.page.locator(".hotline-waits").filter(has_text="left a voicemail")).to_have_count(0)
    expect(phone.page.locator("main")).to_contain_text("Settled last")


def test_a_number_shown_and_a_note_begun_stay_when_the_list_renews_itself(
    visit: Callable[..., Visitor], telephone: Callable[[str], None]
) -> None:
    telephone("miss")
    agent = visit("agent")
    agent.open("/hotline/call-backs/")
    caller = agent.page.locator(".hotline-waits").filter(has_text="left a voicemail")
    begin_to_call_back(caller)
    how_often = caller.get_by_text(re.compile(r"called (once|\d+ times)"))
    before = how_often.inner_text()
    telephone("miss")
    expect(how_often).not_to_have_text(before)
    expect_it_goes_on(caller)


def test_a_number_shown_and_a_note_begun_stay_when_the_page_of_the_case_renews_itself(
    visit: Callable[..., Visitor], telephone: Callable[[str], None]
) -> None:
    telephone("miss")
    agent = visit("agent")
    agent.open("/hotline/call-backs/")
    page = agent.page
    page.locator(".hotline-waits").filter(has_text="left a voicemail").get_by_role("link", name="#").click()
    begin_to_call_back(page.locator("#call-back"))
    calls = page.locator("#calls li")
    before = calls.count()
    telephone("miss")
    expect(calls).to_have_count(before + 1)
    expect_it_goes_on(page.locator("#call-back"))
    page.locator("#call-back").get_by_role("button", name="Reached, and settled").click()
    expect(page.locator("#call-back")).to_be_hidden()


def test_who_was_called_back_by_a_colleague_is_not_offered_any_more(
    visit: Callable[..., Visitor], telephone: Callable[[str], None]
) -> None:
    telephone("miss")
    first, second = visit("agent"), visit("agent2")
    for one in (first, second):
        one.open("/hotline/call-backs/")
        one.page.locator(".hotline-waits").filter(has_text="刘洋").get_by_role("link", name="#").click()
        expect(one.page.locator("#call-back")).to_be_visible()
    first.page.locator("#call-back").get_by_role("button", name="Reached, and settled").click()
    expect(second.page.locator("#call-back")).to_be_hidden()


def begin_to_call_back(caller: Locator) -> None:
    caller.get_by_role("button", name="Show the number").click()
    expect(caller.locator("a[href^='tel:']")).to_be_visible()
    caller.get_by_label("Note for colleagues").press_sequentially("wants an")


def expect_it_goes_on(caller: Locator) -> None:
    """The number is there, and one types on where one was."""
    expect(caller.locator("a[href^='tel:']")).to_be_visible()
    caller.page.keyboard.type(" offer")
    expect(caller.get_by_label("Note for colleagues")).to_have_value("wants an offer")


def test_every_page_of_the_hotline_in_both_languages(
    visit: Callable[..., Visitor], telephone: Callable[[str], None]
) -> None:
    telephone("miss")
    for person, addresses in (
        ("agent", ("/hotline/", "/hotline/call-backs/")),
        ("it", ("/hotline/lines/", "/hotline/lines/hotline/", "/hotline/lines/hotline/records/")),
    ):
        for language in ("zh-hans", "en"):
            for phone in (False, True):
                reader = visit(person, phone=phone, language=language)
                for address in addresses:
                    reader.open(address)
                    reader.inspect(f"{address.strip('/').replace('/', '-')}-{language}{'-phone' * phone}")
