"""The agent's workplace: two who answer at once, an article put into a reply, and a customer who rates the case."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.installation import Installation
from tests.browser.post_office import PostOffice
from tests.browser.visitor import Visitor


@pytest.fixture
def case_path(installation: Installation, post_office: PostOffice) -> str:
    said = installation.play("tests.browser.desk_stage", str(post_office.port))
    return said.strip().splitlines()[-1]


def stage(installation: Installation, *arguments: str) -> str:
    return installation.play("tests.browser.customers_stage", *arguments).strip().splitlines()[-1]


def test_who_answers_second_is_told_and_sends_all_the_same(
    visit: Callable[..., Visitor], case_path: str, post_office: PostOffice
) -> None:
    first, second = visit("agent"), visit("agent2")
    for one in (first, second):
        one.open(case_path)
    second.page.locator("#id_text").fill("Mine comes second.")
    before = len(post_office.letters)
    first.page.locator("#id_text").fill("Mine comes first.")
    first.page.get_by_role("button", name="Send and wait for the customer").click()
    post_office.letter_to("frau.maier@customer.example", after=before)
    expect(second.page.locator("#answered")).to_contain_text("Sun answered")

    second.page.get_by_role("button", name="Send and wait for the customer").click()
    told = second.page.locator(".desk-overtaken")
    expect(told).to_contain_text("Sun answered")
    expect(told).to_contain_text("Mine comes first.")
    expect(second.page.locator("#id_text")).to_have_value("Mine comes second.")
    second.inspect("desk-overtaken")
    before = len(post_office.letters)
    told.get_by_role("button", name="Send all the same").click()
    expect(second.page.locator(".desk-overtaken")).to_have_count(0)
    letter = post_office.letter_to("frau.maier@customer.example", after=before)
    assert "second" in letter.message.get_body(("plain",)).get_content()


def test_an_article_goes_into_the_reply_and_is_said_to_have_helped(
    visit: Callable[..., Visitor], case_path: str, installation: Installation
) -> None:
    stage(installation, "write")
    agent = visit("agent")
    agent.open(case_path)
    suggested = agent.page.locator("#suggested")
    expect(suggested).to_contain_text("When an order comes")
    agent.page.locator("#id_text").fill("Dear Frau Maier,")
    suggested.get_by_role("button", name="Put in the text").click()
    expect(agent.page.locator("#id_text")).to_have_value(
        "Dear Frau Maier,\n\nYour order leaves us on the next working day.\n\n1. Look at the confirmation.\n2. Ask us."
    )
    suggested.get_by_role("button", name="Put in a link").click()
    assert "/help/" in agent.page.locator("#id_text").input_value()
    suggested.get_by_role("button", name="Helped").click()
    expect(suggested.locator("[aria-pressed=true]")).to_have_text("Helped")
    assert "Dear Frau Maier" in agent.page.locator("#id_text").input_value(), "what was typed was lost"
    agent.inspect("desk-suggested")


def test_the_help_pages_are_read_by_anybody(visit: Callable[..., Visitor], installation: Installation) -> None:
    path = stage(installation, "write")
    reader = visit()
    reader.open("/help/?lang=en")
    reader.page.get_by_role("searchbox").fill("order")
    reader.page.get_by_role("button", name="Search").click()
    reader.page.get_by_role("link", name="When an order comes").click()
    expect(reader.page).to_have_url(re.compile(re.escape(path)))
    expect(reader.page.get_by_role("button", name="Yes")).to_be_visible()
    reader.inspect("help-article")
    reader.page.get_by_role("button", name="Yes").click()
    expect(reader.page.get_by_role("status")).to_contain_text("Thank you")
    assert not reader.context.cookies(installation.url + "/help/") or all(
        cookie["name"] == "django_language" for cookie in reader.context.cookies()
    )


@pytest.mark.parametrize("phone", [False, True])
def test_a_customer_rates_the_case_by_the_link_and_the_lead_follows_up(
    visit: Callable[..., Visitor], case_path: str, installation: Installation, phone: bool
) -> None:
    link = stage(installation, "ask", case_path)
    customer = visit(phone=phone)
    customer.open(link.removeprefix(installation.url))
    customer.inspect(f"rate{'-phone' if phone else ''}")
    customer.page.get_by_text("2", exact=True).click()
    customer.page.locator("#id_words").fill("<b>Slow</b>")
    customer.page.get_by_role("button", name="Send the answer").click()
    expect(customer.page.get_by_role("status")).to_contain_text("2 of 5")

    lead = visit("desk_lead")
    lead.open(case_path)
    rating = lead.page.locator("#rating")
    expect(rating).to_contain_text("<b>Slow</b>")
    rating.locator("textarea").press_sequentially("Called and")
    agent = visit("agent")
    agent.open(case_path)
    agent.page.get_by_role("button", name="Take", exact=True).click()
    expect(lead.page.locator("#case-head")).to_contain_text("Sun")  # the page has renewed itself
    lead.page.keyboard.type(" apologised")
    expect(rating.locator("textarea")).to_have_value("Called and apologised")
    expect(rating.locator(".draft-note")).to_have_count(0)
    rating.get_by_role("button", name="Followed up").click()
    expect(lead.page.locator("#rating")).to_contain_text("Called and apologised")
