"""Live chat with two browsers at once: a visitor on somebody's web site, and an agent at the desk."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.installation import Installation
from tests.browser.post_office import PostOffice
from tests.browser.visitor import DESKTOP, PATIENCE_MS, PHONE, SHOTS, Visitor, axe_source, take_the_slow_line

ROOT = Path(__file__).resolve().parents[2]
PAYLOADS = ROOT / "../shared/corpora/xss/payloads.json"
LARGEST_WIDGET = 20 * 1024

# The embedding site's own strict policy: the widget must live with it.
POLICY = "default-src 'none'; script-src {installation}; connect-src {installation}; style-src 'self'"
PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shop</title></head><body><main><h1>Shop</h1><p>Somebody's own page.</p></main>
<script src="{installation}/chat/widget.js" data-chat="web-chat" async></script></body></html>"""


class Site:
    """A customer-facing web site of its own origin that embeds the chat."""

    def __init__(self, installation: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                language = "zh-CN" if "zh" in self.path else "en"
                content = PAGE.format(installation=installation, language=language).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", POLICY.format(installation=installation))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def site(installation: Installation, post_office: PostOffice) -> Iterator[Site]:
    found = Site(installation.url)
    installation.play("tests.browser.chat_stage", str(post_office.port), found.url)
    yield found
    found.close()


@pytest.fixture
def shop(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """`shop()` opens the site in a new visitor's browser."""
    contexts, troubles = [], []

    def open_shop(*, phone: bool = False, language: str = "en") -> Page:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP, is_mobile=phone, has_touch=phone, timezone_id="Asia/Shanghai"
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        take_the_slow_line(page)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.goto(f"{site.url}/{language}")
        return page

    yield open_shop
    for context in contexts:
        context.close()
    assert troubles == []


def begin(page: Page, question: str, *, name: str = "Frau Maier", mail: str = "") -> None:
    page.get_by_role("button", name="Open the chat").click()
    page.get_by_label("Your name").fill(name)
    if mail:
        page.get_by_role("textbox", name="Mail address").fill(mail)
    page.get_by_label("Your question").fill(question)
    page.get_by_role("checkbox").check()
    page.locator("postroad-chat form button.primary").click()
    expect(page.locator("postroad-chat .visitor .when")).to_contain_text("delivered")


def inspect(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
    page.evaluate(axe_source())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [one for one in found["violations"] if one["impact"] in {"serious", "critical"}]
    assert not serious, json.dumps([[one["id"], [node["html"][:200] for node in one["nodes"]]] for one in serious])


def open_case(agent: Visitor, subject: str) -> None:
    agent.open("/desk/?view=all&sort=newest")
    agent.page.get_by_role("link", name=subject).first.click()
    expect(agent.page.locator("#chat-form")).to_be_visible()


def test_the_widget_is_small() -> None:
    script = (ROOT / "postroad/web/static/web/dist/widget.js").read_bytes()
    assert len(gzip.compress(script, 9)) < LARGEST_WIDGET


def test_while_one_writes_the_first_question_what_may_answer_it_is_shown(shop: Callable[..., Page]) -> None:
    page = shop()
    page.get_by_role("button", name="Open the chat").click()
    page.get_by_label("Your question").press_sequentially("How do I get a VAT invoice?")
    link = page.get_by_role("link", name="How to get a VAT invoice")
    expect(link).to_be_visible()
    inspect(page, "chat-help")
    with page.expect_popup() as opened:
        link.click()
    expect(opened.value.locator("main h1")).to_have_text("How to get a VAT invoice")
    opened.value.close()
    page.bring_to_front()
    expect(page.get_by_label("Your question")).to_have_value("How do I get a VAT invoice?")
    page.get_by_label("Your question").fill("")
    expect(link).to_be_hidden()
    assert page.evaluate("localStorage.length") == 0, "nothing is stored before the visitor agrees"
    phone = shop(phone=True, language="zh")
    phone.get_by_role("button", name="打开在线客服").click()
    phone.get_by_label("您的问题").press_sequentially("怎么开增值税专用发票")
    expect(phone.get_by_role("link", name="如何开具增值税专用发票")).to_be_visible()
    inspect(phone, "chat-help-phone-zh")


def test_visitor_and_agent_talk(visit: Callable[..., Visitor], shop: Callable[..., Page]) -> None:
    agent = visit("agent")
    agent.open("/desk/")
    expect(agent.page.get_by_role("button", name="Takes chats")).to_be_visible()
    page = shop()
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_text(re.compile("How can we help you|Welcome to the shop"))).to_be_visible()
    inspect(page, "chat-form")
    page.get_by_role("button", name="Close the chat").first.click()
    assert page.evaluate("localStorage.length") == 0, "nothing is stored before the visitor agrees"
    begin(page, "When does my order come?", mail="frau.maier@customer.example")
    assert page.evaluate("document.cookie") == ""

    open_case(agent, "When does my order come?")
    expect(page.locator("postroad-chat .visitor .when")).to_contain_text("read")
    agent.page.locator("#id_text").press_sequentially("Good day")
    expect(page.locator("postroad-chat .status")).to_have_text("Sun is writing…")
    agent.page.keyboard.press("Shift+Enter")
    agent.page.keyboard.type("it comes on Monday，见https://shop.example/7?a=b。谢谢")
    agent.page.keyboard.press("Enter")
    expect(page.locator("postroad-chat .us .text")).to_have_text(
        "Good day\nit comes on Monday，见https://shop.example/7?a=b。谢谢"
    )
    for link in (page.locator("postroad-chat .us .text a"), agent.page.locator(".chat-out .chat-text a")):
        expect(link).to_have_text("https://shop.example/7?a=b")
    expect(agent.page.locator("#id_text")).to_have_value("")
    expect(agent.page.locator(".chat-out .chat-mark")).to_have_text("read")

    say = page.get_by_role("textbox", name="Write a message")
    say.press_sequentially("Thank you")
    expect(agent.page.locator("#chat-state")).to_contain_text("Frau Maier is writing")
    say.press("Enter")
    expect(agent.page.locator("#thread")).to_contain_text("Thank you")
    agent.page.locator("select[data-canned]").select_option(label="Greeting")
    expect(agent.page.locator("#id_text")).to_have_value("Good day, Sun here.")
    agent.inspect("chat-agent")
    inspect(page, "chat-talk")

    page.reload()
    page.get_by_role("button", name="Open the chat").click()
    expect(page.locator("postroad-chat .line")).to_have_count(3)


def test_a_chat_goes_on_on_another_device_by_its_link(
    visit: Callable[..., Visitor], shop: Callable[..., Page], browser: Browser
) -> None:
    visit("agent").open("/desk/")
    page = shop()
    begin(page, "From the office")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Continue on another device").click()
    link = page.get_by_role("textbox", name="Continue on another device").input_value()
    other = shop(phone=True)
    other.goto(link)
    for _ in range(50):
        if other.evaluate("localStorage.length"):
            break
        other.wait_for_timeout(100)
    other.reload()
    other.get_by_role("button", name="Open the chat").click()
    expect(other.locator("postroad-chat .visitor .text")).to_have_text("From the office")
    assert "postroad-chat=" not in other.url
    inspect(other, "chat-phone")
    other.get_by_role("textbox", name="Write a message").fill("and from the train")
    other.keyboard.press("Enter")
    expect(page.locator("postroad-chat .visitor .text").last).to_have_text("and from the train")


def test_nobody_there_takes_an_address_and_the_answer_goes_by_mail(
    visit: Callable[..., Visitor], shop: Callable[..., Page], post_office: PostOffice
) -> None:
    agent = visit("agent", phone=True)
    agent.open("/desk/")
    agent.page.get_by_role("button", name="Takes chats").click()
    expect(agent.page.get_by_role("button", name="Away: no new chats")).to_be_visible()
    other = visit("agent2")
    other.open("/desk/")
    other.page.get_by_role("button", name="Takes chats").click()
    expect(other.page.get_by_role("button", name="Away: no new chats")).to_be_visible()
    page = shop(phone=True)
    page.get_by_role("button", name="Open the chat").click()
    expect(page.get_by_text("Nobody is here just now.")).to_be_visible()
    page.get_by_label("Your name").fill("Herr Kunz")
    page.get_by_label("Your question").fill("Do you repair old robots?")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send the question").click()
    expect(page.get_by_text("Please leave a mail address")).to_be_visible()
    page.get_by_role("textbox", name="Mail address").fill("kunz@customer.example")
    page.get_by_role("button", name="Send the question").click()
    expect(page.locator("postroad-chat .visitor .when")).to_contain_text("delivered")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Leave and get answers by mail").click()
    expect(page.locator("postroad-chat .status")).to_contain_text("You have left")

    before = len(post_office.letters)
    open_case(agent, "Do you repair old robots?")
    expect(agent.page.locator("#chat-state")).to_contain_text("Your answer goes by mail")
    agent.inspect("chat-agent-phone")
    agent.page.locator("#id_text").fill("Yes, all of them.")
    agent.page.get_by_role("button", name="Send", exact=True).click()
    letter = post_office.letter_to("kunz@customer.example", after=before)
    text = letter.message.get_body(("plain",)).get_content()
    assert "Yes, all of them." in text
    assert "/chat/web-chat/#postroad-chat=" in text
    agent.page.reload()
    agent.page.get_by_role("button", name="Takes chats").or_(
        agent.page.get_by_role("button", name="Away: no new chats")
    ).click()
    other.page.get_by_role("button", name="Away: no new chats").click()
    expect(other.page.get_by_role("button", name="Takes chats")).to_be_visible()


def test_a_chat_is_transferred_and_answered_by_the_other_team(
    visit: Callable[..., Visitor], shop: Callable[..., Page]
) -> None:
    agent = visit("agent")
    agent.open("/desk/")
    page = shop()
    begin(page, "A question for the mail team")
    open_case(agent, "A question for the mail team")
    agent.page.locator("#transfer summary").click()
    agent.page.locator("#transfer_channel").select_option(label="Chat mailbox")
    agent.page.locator("#transfer_reason").fill("theirs")
    agent.page.locator("#transfer button").click()
    other = visit("agent2")
    open_case(other, "A question for the mail team")
    other.page.locator("#id_text").fill("I have taken it over.")
    other.page.keyboard.press("Enter")
    expect(page.locator("postroad-chat .us .text")).to_have_text("I have taken it over.")


def test_a_chat_is_set_up_and_previewed(visit: Callable[..., Visitor], shop: Callable[..., Page]) -> None:
    lead = visit("desk_lead", language="zh-hans")
    lead.open("/livechat/")
    lead.page.locator("a[href='/livechat/web-chat/']").click()
    expect(lead.page.locator("code").first).to_contain_text('data-chat="web-chat"')
    lead.page.get_by_label("英文欢迎语").fill("Welcome to the shop.")
    lead.inspect("chat-settings-zh")
    lead.page.get_by_role("button", name="保存").click()
    expect(lead.page.locator("main")).to_contain_text("官网在线客服")
    lead.open("/livechat/web-chat/preview/")
    lead.page.get_by_role("button", name="打开在线客服").click()
    expect(lead.page.get_by_label("您的称呼")).to_be_visible()
    lead.inspect("chat-preview-zh")
    phone = visit("desk_lead", phone=True)
    phone.open("/livechat/web-chat/")
    phone.inspect("chat-settings-phone")
    page = shop(phone=True, language="zh")
    page.get_by_role("button", name="打开在线客服").click()
    inspect(page, "chat-form-zh-phone")


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the shared corpora are not here")
def test_hostile_text_is_inert_in_both_browsers(visit: Callable[..., Visitor], shop: Callable[..., Page]) -> None:
    payloads = [one["payload"] for one in json.loads(PAYLOADS.read_text())]
    hostile = "\n\n".join(payloads)
    parts = [hostile[start : start + 7000] for start in range(0, len(hostile), 7000)]
    agent = visit("agent")
    agent.open("/desk/")
    fetched: list[str] = []
    agent.page.on("request", lambda request: fetched.append(request.url))
    agent.page.on("dialog", lambda dialog: (fetched.append(dialog.message), dialog.dismiss()))
    page = shop()
    page.on("request", lambda request: fetched.append(request.url))
    begin(page, "Hostile text", name="<img src=x onerror=alert(1)>")
    say = page.get_by_role("textbox", name="Write a message")
    for part in parts:
        say.fill(part)
        say.press("Enter")
    expect(page.locator("postroad-chat .visitor")).to_have_count(1 + len(parts))
    open_case(agent, "Hostile text")
    expect(agent.page.locator(".chat-in")).to_have_count(1 + len(parts))
    for part in parts:
        agent.page.locator("#id_text").fill(part)
        agent.page.keyboard.press("Enter")
        expect(agent.page.locator("#id_text")).to_have_value("")
    expect(page.locator("postroad-chat .us")).to_have_count(len(parts))
    for said in (agent.page.locator(".chat-text"), page.locator("postroad-chat .text")):
        assert said.locator("script, iframe, img, svg, math, style, object, form, [onerror]").count() == 0
    own = {agent.installation.url, page.url.rpartition("/")[0]}
    assert all(any(address.startswith(one) for one in own) for address in fetched), fetched
