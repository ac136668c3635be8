"""A customer writes in a messenger, the case appears at the desk by itself, the answer reaches them there."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from postroad.channels.conformance import eventually
from tests.browser.installation import Installation
from tests.browser.visitor import Visitor


def test_a_chat_from_a_messenger_is_answered_in_it(visit: Callable[..., Visitor], installation: Installation) -> None:
    def stage(*what: str) -> str:
        return installation.play("tests.browser.direct_stage", *what)

    stage("got")  # the channel is there before anybody looks
    agent = visit("agent")
    agent.open("/desk/?view=all")
    page = agent.page
    stage("write", "Do you have the 40 mm valve in stock?")
    row = page.get_by_role("link", name="Do you have the 40 mm valve in stock?")
    expect(row).to_be_visible(timeout=60_000)
    row.click()
    expect(page.locator("#direct-state")).to_contain_text("Your answer goes to Liu Yang in the messenger")
    expect(page.locator("#id_cc")).to_have_count(0)
    agent.inspect("direct-case")
    stage("write", "Twenty pieces, please.")
    expect(page.locator("#thread")).to_contain_text("Twenty pieces, please.", timeout=60_000)
    page.locator("#id_text").fill("Yes, twenty are there.")
    page.get_by_role("button", name="Send and wait for the customer").click()
    expect(page.locator("#waiting")).to_contain_text("goes out in a few seconds")
    page.locator("#waiting").get_by_role("button", name="Undo").click()
    expect(page.locator("#id_text")).to_have_value("Yes, twenty are there.")
    page.get_by_role("button", name="Send and wait for the customer").click()
    expect(page.locator("[data-promise='desk.direct-reply']")).to_have_attribute("data-state", "met", timeout=60_000)
    eventually(lambda: stage("got").strip().splitlines()[-1:] == ["Yes, twenty are there."], "the customer has it")
    agent.inspect("direct-answered")
    path = page.url.replace(installation.url, "")
    on_the_phone = visit("agent", phone=True)
    on_the_phone.open(path)
    expect(on_the_phone.page.locator("#direct-state")).to_contain_text("Your answer goes to Liu Yang")
    on_the_phone.inspect("direct-phone")
    stage("leave")
    agent.open(path)
    expect(page.locator("#direct-state [role=alert]")).to_contain_text("They have left the chat", timeout=30_000)
    agent.inspect("direct-left")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#direct-state [role=alert]")).to_contain_text("对方已离开会话")
    agent.inspect("direct-left-zh")
