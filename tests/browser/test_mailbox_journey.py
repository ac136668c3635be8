"""The main journey: a mailbox is applied for, approved by two people, and a customer's mail is answered in time."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from playwright.sync_api import Page, expect

from tests.browser.post_office import PostOffice
from tests.browser.visitor import Visitor

CUSTOMER = "kunde@customer.example"


def test_a_mailbox_from_application_to_the_board(visit: Callable[..., Visitor], post_office: PostOffice) -> None:
    apply_for_mailbox(visit("owner"), post_office)
    approve(visit("administration_head"))
    approve(visit("supervising_leader"))
    channel_id = add_to_team(visit("owner"), "孙丽")

    agent = visit("agent")
    question = wait_for_mail(agent, post_office, channel_id)
    answer_it(agent)
    check_reply(post_office, question)
    see_promises_met(agent)
    picture_the_desk(visit)
    see_it_on_the_board(visit("executive"))


def apply_for_mailbox(owner: Visitor, post_office: PostOffice) -> None:
    owner.open("/channels/new/")
    page = owner.page
    page.locator("#id_connector").select_option("mail")
    expect(page.locator("[name=setting_smtp_host]")).to_be_visible()
    for name, value in {
        "name": "客户服务邮箱",
        "name_en": "Customer service mailbox",
        "key": "service",
        "purpose": "Customers write to us",
        "owner": "赵强 (A006)",
        "address": "service@company.test",
        "first_reply_minutes": "240",
        "answer_hours": "24",
        "setting_smtp_host": "127.0.0.1",
        "setting_smtp_port": str(post_office.port),
    }.items():
        page.locator(f"[name={name}]").fill(value)
    for name, value in {
        "kind": "mailbox",
        "department": "客服部",
        "priority": "must_use",
        "audience": "customers",
        "observability": "api",
        "calendar_key": "company",
        "setting_inbound": "listener",
        "setting_smtp_security": "plain",
    }.items():
        choose(page, name, value)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#steps")).to_contain_text("Wang")
    owner.inspect("channel-application")
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator("main h1")).to_contain_text("Customer service mailbox")


def choose(page: Page, name: str, value: str) -> None:
    """By value, or by the end of what the option says (departments are shown with their path)."""
    field = page.locator(f"select[name={name}]")
    options = {one.get_attribute("value"): one.text_content() or "" for one in field.locator("option").all()}
    field.select_option(
        value if value in options else next(key for key, said in options.items() if said.endswith(value))
    )
    # A choice about the connection asks for its fields anew; what is filled in meanwhile would be overwritten.
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def approve(approver: Visitor) -> None:
    approver.open("/")
    page = approver.page
    page.get_by_role("link", name=re.compile("Customer service mailbox|客户服务邮箱")).first.click()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    approver.inspect()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).not_to_contain_text("A decision takes effect at once")


def add_to_team(owner: Visitor, name: str) -> str:
    """The channel is live; somebody answers on it from now on. Returns its id."""
    owner.open("/channels/")
    page = owner.page
    page.get_by_role("link", name="Customer service mailbox").first.click()
    # The probe goes out by SMTP, comes back through the listener, and opens the channel.
    expect(page.locator("main")).to_contain_text(re.compile(r"\bLive\b"))
    page.get_by_role("link", name=re.compile("team", re.IGNORECASE)).first.click()
    page.locator("[name=person]").fill(name)
    page.locator("form", has=page.locator("[name=person]")).get_by_role("button").last.click()
    expect(page.locator("table")).to_contain_text("Sun")
    return page.url.split("/channels/")[1].split("/")[0]


def wait_for_mail(agent: Visitor, post_office: PostOffice, channel_id: str) -> EmailMessage:
    """The channel's list is open and empty; the mail arrives; its line appears without a reload."""
    agent.open(f"/desk/?channel={channel_id}")
    page = agent.page
    expect(page.locator(".empty")).to_be_visible()
    page.evaluate("window.neverReloaded = true")
    question = mail("发票什么时候寄出？", "您好，\n\n请问上月的发票什么时候寄出？\n\n谢谢")
    post_office.post(question)
    row = page.locator("[data-row]")
    expect(row).to_contain_text("发票什么时候寄出？")
    expect(row.locator("[data-countdown]").first).to_contain_text("3 h")
    assert page.evaluate("window.neverReloaded"), "the line came by a reload"
    agent.inspect("desk-list")
    return question


def mail(subject: str, text: str, sender: str = f"李客户 <{CUSTOMER}>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "service@company.test", subject
    message["Message-ID"] = make_msgid(domain="customer.example")
    message.set_content(text)
    return message


def answer_it(agent: Visitor) -> None:
    """By keyboard: down to the line, open it, reply, send."""
    page = agent.page
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#thread")).to_contain_text("请问上月的发票什么时候寄出？")
    expect(page.locator("[data-promise='desk.first-reply']")).to_have_attribute("data-state", "running")
    agent.inspect("desk-case")
    page.keyboard.press("r")
    page.keyboard.type("您好，发票明天寄出。")
    expect(page.locator("#draft")).to_contain_text("Draft kept")
    page.get_by_role("button", name="Send and solve").click()
    # It can be taken back for some seconds before it goes.
    expect(page.locator("#thread")).to_contain_text("发票明天寄出", timeout=60_000)


def check_reply(post_office: PostOffice, question: EmailMessage) -> None:
    letter = post_office.letter_to(CUSTOMER)
    reply = letter.message
    assert reply["In-Reply-To"] == question["Message-ID"]
    assert question["Message-ID"] in reply["References"]
    assert reply["From"].addresses[0].addr_spec == "service@company.test"
    assert re.search(r"\[PR-\d+\]", reply["Subject"])
    assert "发票什么时候寄出？" in reply["Subject"]
    body = reply.get_body(preferencelist=("plain",))
    assert body is not None
    assert "发票明天寄出" in body.get_content()


def see_promises_met(agent: Visitor) -> None:
    page = agent.page
    for promise in ("desk.first-reply", "desk.answer-24h"):
        expect(page.locator(f"[data-promise='{promise}']")).to_have_attribute("data-state", "met")
    expect(page.locator(".said-delivery .state-success")).to_be_visible()
    agent.inspect("desk-case-answered")


def picture_the_desk(visit: Callable[..., Visitor]) -> None:
    for phone in (False, True):
        for language in ("zh-hans", "en"):
            visitor = visit("desk_lead", phone=phone, language=language)
            for name, path in {
                "list": "/desk/?view=all",
                "report": "/supervision/?span=month",
                "queues": "/desk/queues/",
            }.items():
                visitor.open(path)
                visitor.inspect(f"desk-{name}-{'phone' if phone else 'desktop'}-{language}")
            visitor.open("/desk/?view=all")
            visitor.page.locator("[data-row] a").first.click()
            expect(visitor.page.locator("#thread")).to_be_visible()
            visitor.inspect(f"desk-case-{'phone' if phone else 'desktop'}-{language}")


def see_it_on_the_board(executive: Visitor) -> None:
    executive.open("/board/")
    for control in ("external.sla-mail", "external.response-24h"):
        expect(executive.page.get_by_role("row", name=control)).to_contain_text("100 %")
    executive.inspect("board")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_sign_in_page_is_accessible(visit: Callable[..., Visitor], phone: bool) -> None:
    visitor = visit(phone=phone)
    visitor.open("/")
    visitor.inspect()
