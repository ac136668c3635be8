"""Mail at the desk: taken back after a reload, scheduled and held back, passed on to somebody else."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from playwright.sync_api import expect

from tests.browser.installation import Installation
from tests.browser.post_office import PostOffice
from tests.browser.visitor import Visitor

CUSTOMER = "frau.maier@customer.example"
SUPPLIER = "werk@supplier.example"


@pytest.fixture
def case_path(installation: Installation, post_office: PostOffice) -> str:
    """A question that waits at the desk, and where its page is."""
    said = installation.play("tests.browser.desk_stage", str(post_office.port))
    return said.strip().splitlines()[-1]


def test_a_reply_is_taken_back_after_a_reload_and_goes_out_when_it_is_sent_again(
    visit: Callable[..., Visitor], case_path: str, post_office: PostOffice
) -> None:
    agent = visit("agent")
    agent.open(case_path)
    page, before = agent.page, len(post_office.letters)
    page.locator("#id_text").fill("Dear Frau Maier, it comes tommorow.")
    page.get_by_role("button", name="Send and wait for the customer").click()
    expect(page.locator("#waiting")).to_contain_text("goes out in a few seconds")
    page.reload()
    agent.picture("desk-undo")  # to inspect it could take longer than one has to undo it
    page.locator("#waiting").get_by_role("button", name="Undo").click()
    expect(page.locator("#id_text")).to_have_value("Dear Frau Maier, it comes tommorow.")
    expect(page.locator("#waiting [data-waiting]")).to_have_count(0)
    page.locator("#id_text").fill("Dear Frau Maier, it comes tomorrow.")
    page.get_by_role("button", name="Send and wait for the customer").click()
    expect(page.locator("[data-promise='desk.first-reply']")).to_have_attribute("data-state", "met", timeout=40_000)
    expect(page.locator("#waiting [data-waiting]")).to_have_count(0)
    letter = post_office.letter_to(CUSTOMER, after=before)
    assert "it comes tomorrow" in letter.message.get_body(("plain",)).get_content()
    assert [one.addressees for one in post_office.letters[before:]] == [(CUSTOMER,)]


def test_a_scheduled_reply_is_held_back_when_the_customer_writes(
    visit: Callable[..., Visitor], case_path: str, installation: Installation, post_office: PostOffice
) -> None:
    agent = visit("agent")
    agent.open(case_path)
    page, before = agent.page, len(post_office.letters)
    page.locator("#id_text").fill("Dear Frau Maier, next year.")
    page.locator("#id_when").select_option("at")
    agent.inspect("desk-schedule")
    page.locator("#id_at").fill(page.evaluate("new Date(Date.now() + 40 * 864e5).toISOString().slice(0, 16)"))
    page.get_by_role("button", name="Send and wait for the customer").click()
    expect(page.locator("#waiting")).to_contain_text("Scheduled")
    agent.inspect("desk-scheduled")
    installation.play("tests.browser.desk_stage", str(post_office.port), case_path)
    expect(page.locator("#waiting")).to_contain_text("The customer wrote again before it was sent.")
    agent.inspect("desk-held-back")
    agent.open("/")
    expect(page.locator("main")).to_contain_text("Mail that was not sent")
    agent.open(case_path)
    page.locator("#waiting").get_by_role("button", name="Send all the same").click()
    letter = post_office.letter_to(CUSTOMER, after=before)
    assert "next year" in letter.message.get_body(("plain",)).get_content()


def test_a_message_is_passed_on_and_the_answer_is_seen_not_to_be_the_customers(
    visit: Callable[..., Visitor], case_path: str, installation: Installation, post_office: PostOffice
) -> None:
    post_office.deliver_to(installation.smtp_port, domain="company.test")
    agent = visit("agent", phone=True)
    agent.open(case_path)
    page, before = agent.page, len(post_office.letters)
    page.get_by_role("button", name="Pass on").first.click()
    expect(page.locator("main")).to_contain_text("somebody who is not the customer")
    page.locator("#id_to").fill(SUPPLIER)
    agent.inspect("desk-pass-on-phone")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#waiting [data-waiting='aside']")).to_have_count(1)
    letter = post_office.letter_to(SUPPLIER, after=before)
    assert "when does my order come?" in letter.message.get_body(("plain",)).get_content()
    assert letter.message["References"] is None
    expect(page.locator("[data-promise='desk.first-reply']")).to_have_attribute("data-state", "running")

    answer = EmailMessage()
    answer["From"], answer["To"] = f"Werk <{SUPPLIER}>", str(letter.message["From"].addresses[0].addr_spec)
    answer["Subject"], answer["In-Reply-To"] = f"Re: {letter.message['Subject']}", letter.message["Message-ID"]
    answer["Message-ID"] = make_msgid(domain="supplier.example")
    answer.set_content("It left us on Friday.")
    post_office.post(answer)
    expect(page.locator("#thread .said-aside").last).to_contain_text("It left us on Friday.")
    expect(page.locator("#thread .said-aside").last).to_contain_text("Not the customer")
    agent.inspect("desk-aside-phone")
    expect(page.locator("#id_to")).to_have_value(f"Frau Maier <{CUSTOMER}>")


def test_how_mail_is_written_in_two_languages_and_on_a_phone(visit: Callable[..., Visitor], case_path: str) -> None:
    pages = {"signatures": "/desk/signatures/", "absences": "/desk/absences/", "mail": "/desk/queues/orders/mail/"}
    for phone in (False, True):
        for language in ("zh-hans", "en"):
            lead = visit("desk_lead", phone=phone, language=language)
            for name, path in (pages | {"composer": case_path}).items():
                lead.open(path)
                lead.inspect(f"writing-{name}-{'phone' if phone else 'desktop'}-{language}")
