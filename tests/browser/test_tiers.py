"""Hotline, chat, mail: one case with one history, with two browsers, a telephone system and a mail server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from postroad.hotline.signing import sign
from tests.browser.installation import Installation
from tests.browser.post_office import PostOffice
from tests.browser.visitor import Visitor

CUSTOMER = "li.wen@customer.example"


@pytest.fixture(scope="module")
def secret(installation: Installation, post_office: PostOffice) -> str:
    return installation.play("tests.browser.journey_stage", str(post_office.port)).strip().splitlines()[-1]


def miss_a_call(installation: Installation, secret: str, *, call: str, number: str) -> dict[str, Any]:
    """What the telephone system tells when somebody gave up, and what it is answered."""
    now = datetime.now(UTC)
    events = [
        {
            "id": f"{call}/1",
            "call": call,
            "type": "ringing",
            "at": (now - timedelta(seconds=40)).isoformat(),
            "from": number,
        },
        # Not a moment ago: a rule leads on only those who were missed since it has been in force.
        {"id": f"{call}/2", "call": call, "type": "hungup", "at": now.isoformat()},
    ]
    body, timestamp = json.dumps({"events": events}).encode(), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Postroad-Timestamp": timestamp,
        "X-Postroad-Signature": sign(secret.encode(), timestamp=timestamp, body=body),
    }
    with urlopen(Request(f"{installation.url}/hotline/journey-line/events", body, headers)) as response:
        return json.load(response)


def open_newest_case(agent: Visitor, subject: str) -> None:
    agent.open("/desk/?view=all&sort=newest")
    agent.page.get_by_role("link", name=subject).first.click()
    expect(agent.page.locator("#case-head")).to_be_visible()


def said_in(page: Page, text: str) -> None:
    expect(page.locator("postroad-chat .us .text").filter(has_text=text)).to_be_visible()


def test_a_missed_call_goes_on_in_the_chat_and_then_by_mail_as_one_case(
    visit: Callable[..., Visitor], installation: Installation, post_office: PostOffice, secret: str
) -> None:
    agent = visit("agent")
    agent.open("/desk/")
    expect(agent.page.get_by_role("button", name="Takes chats")).to_be_visible()
    before = len(post_office.letters)
    [offer] = miss_a_call(installation, secret, call="lost-1", number="139 0013 9000")["offers"]
    letter = post_office.letter_to(CUSTOMER, after=before)
    text = letter.message.get_body(("plain",)).get_content()
    link = re.search(r"https?://\S+#postroad-offer=\w+", text.replace("=\n", ""))[0]
    assert link == offer["url"], "the mail and the telephone system lead to the same place"

    phone = visit(phone=True)
    page = phone.page
    page.goto(link)
    expect(page.get_by_text(re.compile("About my call at"))).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_count(0)
    assert page.evaluate("localStorage.length") == 0, "nothing is stored before the customer agrees"
    page.get_by_label("Your question").fill("Where is order 4711?")
    page.get_by_role("checkbox").check()
    phone.inspect("tiers-offer-phone")
    page.locator("postroad-chat form button.primary").click()
    expect(page.locator("postroad-chat .visitor .when").last).to_contain_text("delivered")
    assert "postroad-offer" not in page.url

    open_newest_case(agent, "139****9000")
    expect(agent.page.locator("#thread")).to_contain_text("Where is order 4711?")
    hops = agent.page.locator("#journey [data-hop]")
    expect(hops).to_have_count(2)
    expect(hops.nth(0)).to_contain_text("not answered here, waited")
    expect(hops.nth(1)).to_contain_text("took our offer")
    agent.inspect("tiers-case-chat")
    agent.page.locator("#id_text").fill("It left us this morning.")
    agent.page.keyboard.press("Enter")
    said_in(page, "It left us this morning.")
    expect(hops.nth(1)).to_contain_text("first answer here after")
    phone.inspect("tiers-talk-phone")

    page.get_by_role("button", name="More").click()
    page.locator("postroad-chat .menu").get_by_role("button", name="Leave and get answers by mail").click()
    expect(page.locator("postroad-chat .status")).to_contain_text("You have left")
    before = len(post_office.letters)
    agent.page.reload()
    expect(agent.page.locator("#chat-state")).to_contain_text("Your answer goes by mail")
    agent.page.locator("#id_text").fill("It arrives on Monday at ten.")
    agent.page.get_by_role("button", name="Send", exact=True).click()
    letter = post_office.letter_to(CUSTOMER, after=before)
    assert "It arrives on Monday at ten." in letter.message.get_body(("plain",)).get_content()

    agent.page.reload()
    expect(hops).to_have_count(3)
    expect(hops.nth(2)).to_contain_text("we got in touch")
    expect(agent.page.locator("#journey")).to_contain_text("taken after")
    expect(agent.page.locator("#thread > li")).to_have_count(6)
    for said in ("Where is order 4711?", "It left us this morning.", "It arrives on Monday at ten."):
        expect(agent.page.locator("#thread")).to_contain_text(said)
    agent.inspect("tiers-case")
    address = agent.page.url
    for language in ("zh-hans", "en"):
        reader = visit("desk_lead", phone=True, language=language)
        reader.open(address)
        expect(reader.page.locator("#journey [data-hop]")).to_have_count(3)
        reader.inspect(f"tiers-case-{language}-phone")


def test_a_visitor_whom_nobody_answers_is_asked_for_an_address_in_the_chat(
    visit: Callable[..., Visitor], installation: Installation, secret: str
) -> None:
    agent = visit("agent")
    agent.open("/desk/")
    visitor = visit(phone=True)
    page = visitor.page
    page.goto(f"{installation.url}/chat/web-chat/")
    page.get_by_label("Your name").fill("Herr Kunz")
    page.get_by_label("Your question").fill("Is anybody there?")
    page.get_by_role("checkbox").check()
    page.locator("postroad-chat form button.primary").click()
    expect(page.locator("postroad-chat .visitor .when")).to_contain_text("delivered")
    asked = page.get_by_role("group").filter(has_text="Shall we answer by mail instead?")
    expect(asked).to_be_visible(timeout=150_000)
    visitor.inspect("tiers-mail-instead-phone")
    asked.get_by_role("textbox").fill("kunz@customer.example")
    asked.get_by_role("button").click()
    expect(page.locator("postroad-chat .status")).to_contain_text("You have left")
    open_newest_case(agent, "Is anybody there?")
    expect(agent.page.locator("#journey [data-hop]")).to_have_count(2)
    expect(agent.page.locator("#journey")).to_contain_text("in the chat")


def test_the_rules_in_both_languages(visit: Callable[..., Visitor], secret: str) -> None:
    for language in ("zh-hans", "en"):
        for phone in (False, True):
            lead = visit("desk_lead", phone=phone, language=language)
            for key in ("journey-line", "web-chat", "chat-mail"):
                lead.open(f"/desk/queues/{key}/next-tier/")
                lead.inspect(f"tiers-rule-{key}-{language}{'-phone' * phone}")
