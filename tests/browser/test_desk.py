"""A day at the desk: two agents on one case, files, notes, work by keyboard and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.installation import Installation
from tests.browser.post_office import PostOffice
from tests.browser.visitor import Visitor

CUSTOMER = "frau.maier@customer.example"


@pytest.fixture
def case_path(installation: Installation, post_office: PostOffice) -> str:
    """A question that waits at the desk, and where its page is."""
    said = installation.play("tests.browser.desk_stage", str(post_office.port))
    return said.strip().splitlines()[-1]


def test_two_agents_on_one_case_see_each_other_and_help_each_other(
    visit: Callable[..., Visitor], case_path: str, tmp_path: Path
) -> None:
    first, second = visit("agent"), visit("agent2")
    first.open(case_path)
    second.open(case_path)
    expect(first.page.locator("#others")).to_contain_text("Zhou has this case open too")
    second.page.keyboard.press("r")
    second.page.keyboard.type("Dear Frau Maier, ")
    expect(first.page.locator("#others")).to_contain_text("Zhou is writing a reply")

    first.page.keyboard.press("n")
    first.page.get_by_role("button", name="@Zhou").click()
    first.page.keyboard.type("please mention the new price")
    first.page.get_by_role("button", name="Keep the note").click()
    expect(second.page.locator("#thread")).to_contain_text("please mention the new price")
    assert second.page.locator("#id_text").input_value() == "Dear Frau Maier, ", "what was typed was lost"

    offer = tmp_path / "报价.txt"
    offer.write_text("one hundred", encoding="utf-8")
    second.page.locator("#id_files").set_input_files(offer)
    expect(second.page.locator("#draft")).to_contain_text("报价.txt")
    second.page.reload()
    expect(second.page.locator("#id_text")).to_have_value("Dear Frau Maier, ")
    second.inspect("desk-draft")


def test_a_list_of_choices_stays_open_when_the_page_renews_itself(
    visit: Callable[..., Visitor], case_path: str, installation: Installation, post_office: PostOffice
) -> None:
    agent = visit("agent")
    agent.open(case_path)
    page = agent.page
    assignee = page.locator("#about [name=assignee]")
    assignee.click()
    page.evaluate("document.querySelector('#about [name=assignee]').dataset.old = ''")
    with page.expect_response(re.compile(f"{case_path}live/")):
        installation.play("tests.browser.desk_stage", str(post_office.port), case_path)
    page.wait_for_timeout(300)
    expect(page.locator("[data-old]")).to_have_count(1)
    page.locator("main h1").click()
    expect(page.locator("[data-old]")).to_have_count(0)
    expect(page.locator("#thread > li")).to_have_count(2)


def test_a_case_is_answered_on_a_phone(visit: Callable[..., Visitor], case_path: str, post_office: PostOffice) -> None:
    agent = visit("agent", phone=True)
    agent.open(case_path)
    before = len(post_office.letters)
    page = agent.page
    page.get_by_role("button", name="Take", exact=True).click()
    page.locator("#id_text").fill("Dear Frau Maier, it comes tomorrow.")
    agent.inspect("desk-answer-phone")
    page.get_by_role("button", name="Send and wait for the customer").click()
    # Only what has gone out is an answer; until then it can be taken back.
    letter = post_office.letter_to(CUSTOMER, after=before)
    expect(page.locator("[data-promise='desk.answer-24h']")).to_have_attribute("data-state", "paused")
    assert "tomorrow" in letter.message.get_body(("plain",)).get_content()


def test_marked_lines_and_what_is_chosen_for_them_outlive_a_renewal_of_the_list(
    visit: Callable[..., Visitor], case_path: str, installation: Installation, post_office: PostOffice
) -> None:
    agent = visit("agent")
    agent.open("/desk/?view=all&sort=newest")
    page = agent.page
    page.keyboard.press("j")
    expect(page.locator("[data-row].row-current")).to_have_count(1)
    page.keyboard.press("x")
    marked = page.locator("[data-row] input:checked")
    number = marked.get_attribute("value")
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    chosen, reason = page.locator("[data-bulk-bar] [name=priority]"), page.locator("[data-bulk-bar] [name=reason]")
    chosen.select_option("urgent")
    reason.fill("told by")
    installation.play("tests.browser.desk_stage", str(post_office.port))
    expect(page.locator("[data-row].desk-new")).to_have_count(1)
    expect(marked).to_have_count(1)
    assert marked.get_attribute("value") == number
    reason.press_sequentially(" telephone")
    expect(reason).to_have_value("told by telephone")
    expect(chosen).to_have_value("urgent")
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator(f"#case-{number} .desk-assignee")).to_contain_text("Sun")


PRESS_X_BETWEEN_SWAP_AND_SETTLE = """
const lines = () => document.querySelectorAll("[data-row]").length;
const before = lines();
document.body.addEventListener("htmx:afterSwap", function press() {
  if (lines() === before) return;
  document.body.removeEventListener("htmx:afterSwap", press);
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "x", bubbles: true }));
});
"""


def test_a_key_pressed_while_the_list_renews_itself_marks_the_line_one_stands_on(
    visit: Callable[..., Visitor], case_path: str, installation: Installation, post_office: PostOffice
) -> None:
    agent = visit("agent")
    agent.open("/desk/?view=all&sort=newest")
    page = agent.page
    page.keyboard.press("j")
    row = page.locator("[data-row].row-current")
    expect(row).to_have_count(1)
    number = row.locator("[name=case]").get_attribute("value")
    page.evaluate(f"() => {{{PRESS_X_BETWEEN_SWAP_AND_SETTLE}}}")
    installation.play("tests.browser.desk_stage", str(post_office.port))
    expect(page.locator("[data-row].desk-new")).to_have_count(1)
    expect(page.locator("[data-row] input:checked")).to_have_value(str(number))
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
