"""The agent's workplace in a real browser: a view that is kept, a macro on many cases, a case split without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.installation import Installation
from tests.browser.post_office import PostOffice
from tests.browser.visitor import Visitor


@pytest.fixture
def case_path(installation: Installation, post_office: PostOffice) -> str:
    """A case with two messages at a desk that has tags, fields and a macro, and where its page is."""
    said = installation.play("tests.browser.workplace_stage", str(post_office.port))
    return said.strip().splitlines()[-1]


def test_filters_are_kept_as_a_view_that_stands_in_the_side_list_with_its_count(
    visit: Callable[..., Visitor], case_path: str
) -> None:
    agent = visit("agent")
    agent.open("/desk/?view=all")
    page = agent.page
    page.locator("#id_assignee").select_option("nobody")
    expect(page.locator("#results .chips .chip", has_text="Nobody")).to_be_visible()
    page.keyboard.press("v")
    page.get_by_label("name").first.fill("Free and open")
    page.get_by_label("Matter").check()
    agent.inspect("desk-view-edit")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator("main h1")).to_have_text("Free and open")
    expect(page.locator("th", has_text="Matter")).to_be_visible()
    line = page.locator("#desk-side a", has_text="Free and open")
    expect(line.locator(".desk-count")).to_be_visible()
    agent.inspect("desk-saved-view")


def test_a_macro_runs_on_the_marked_cases_after_it_was_shown(visit: Callable[..., Visitor], case_path: str) -> None:
    number = case_path.strip("/").rpartition("/")[2]
    agent = visit("agent")
    agent.open("/desk/?view=all&sort=newest")
    page = agent.page
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    agent.inspect("desk-bulk")
    page.locator("select[name=macro]").select_option(label="Line down: raise")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("main")).to_contain_text("Set the priority to “Urgent”")
    agent.inspect("desk-bulk-preview")
    page.get_by_role("button", name="Run the macro").click()
    expect(page.locator(f"#case-{number}")).to_contain_text("Line down")
    agent.open(case_path)
    expect(page.locator("#facts")).to_contain_text("Repair")
    expect(page.locator("#id_text")).to_have_value(f"Dear Frau Maier, we call you about #{number}.")
    agent.inspect("desk-facts")


def test_a_case_is_split_by_keyboard_and_both_say_so(visit: Callable[..., Visitor], case_path: str) -> None:
    number = case_path.strip("/").rpartition("/")[2]
    agent = visit("agent")
    agent.open(case_path)
    page = agent.page
    page.keyboard.press("s")
    expect(page.locator("#split_message")).to_be_focused()
    agent.inspect("desk-split")
    page.keyboard.press("Tab")
    page.keyboard.type("The invoice is wrong")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_have_text("The invoice is wrong")
    expect(page.locator("#facts")).to_contain_text(f"#{number}")
    expect(page.locator("#thread")).not_to_contain_text("when does my order come")
    agent.open(case_path)
    expect(page.locator("#facts")).to_contain_text("was split into")


def test_the_help_names_the_keys_of_this_very_page(visit: Callable[..., Visitor], case_path: str) -> None:
    agent = visit("agent")
    agent.open(case_path)
    agent.page.keyboard.press("?")
    expect(agent.page.locator("[data-keys-here]")).to_contain_text("Split the conversation")
    agent.inspect("desk-keys")


def test_the_workplace_fits_a_phone_in_chinese(visit: Callable[..., Visitor], case_path: str) -> None:
    agent = visit("agent", phone=True, language="zh-hans")
    agent.open("/desk/?view=all")
    agent.page.locator("#more-filters summary").click()
    agent.inspect("desk-list-phone-zh")
    agent.page.locator("[data-row] input[name=case]").first.check()
    agent.inspect("desk-bulk-phone-zh")
    agent.open(case_path)
    agent.page.locator("#macros summary").click()
    agent.page.locator("#macros select").select_option(index=1)
    expect(agent.page.locator("#macro ol")).to_be_visible()
    agent.inspect("desk-case-phone-zh")
    lead = visit("desk_lead", language="zh-hans")
    for place in ("tags", "fields", "macros", "tags/new", "fields/new", "macros/new"):
        lead.open(f"/desk/{place}/")
        lead.inspect(f"desk-{place.replace('/', '-')}-zh")
    lead.open("/desk/?view=all")
    lead.inspect("desk-list-zh")
