"""What the shell's scripts do for people: search, theme, drafts, questions, countdowns, live pages, and nothing at all
where scripts are off.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.installation import Installation
from tests.browser.visitor import PASSWORD, Visitor

Visit = Callable[..., Visitor]


def navigation(visitor: Visitor) -> list[str]:
    links = visitor.page.locator(".shell-nav-link")
    return [str(link.get_attribute("href")) for link in links.all()]


@pytest.mark.parametrize(("phone", "theme", "language"), [(False, "light", "en"), (True, "dark", "zh-hans")])
def test_every_page_of_the_navigation_can_be_used_by_everybody(visit: Visit, phone: bool, theme: str, language: str):
    visitor = visit("administration_head", phone=phone, language=language)
    visitor.page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    paths = navigation(visitor)
    assert len(paths) >= 10
    for path in paths:
        visitor.open(path)
        expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", theme)
        expect(visitor.page.locator("h1")).to_have_count(1)
        visitor.inspect()


def test_the_search_box_is_worked_by_the_keyboard_alone(visit: Visit):
    page = visit("administration_head").page
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search")
    expect(field).to_be_focused()
    page.keyboard.type("first reply")
    expect(page.get_by_role("option", name="First reply in live chat")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="First reply to mail")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("First reply to mail")


def test_the_chosen_theme_is_kept_and_there_before_the_page_is_painted(visit: Visit):
    page = visit("stranger").page
    before = page.locator("html").get_attribute("data-bs-theme")
    page.get_by_role("button", name="Light or dark").click()
    after = page.locator("html").get_attribute("data-bs-theme")
    assert {before, after} == {"light", "dark"}
    page.add_init_script(
        "new MutationObserver((_, observer) => { if (document.body) {"
        "window.themeAtBody = document.documentElement.dataset.bsTheme; observer.disconnect(); } })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.reload()
    assert page.evaluate("window.themeAtBody") == after


def test_what_was_typed_comes_back_and_goes_when_it_is_not_wanted(visit: Visit):
    visitor = visit("administration_clerk")
    page = visitor.page
    visitor.open("/board/external.sla-phone/target/")
    page.get_by_label("Why").fill("The hotline is new")
    page.on("dialog", lambda dialog: dialog.accept())  # the browser's own question on leaving
    visitor.open("/board/external.sla-phone/target/")
    expect(page.get_by_label("Why")).to_have_value("The hotline is new")
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Why")).to_have_value("")
    visitor.open("/board/external.sla-phone/target/")
    expect(page.get_by_label("Why")).to_have_value("")


def test_a_refused_form_keeps_its_input_and_a_sent_one_leaves_no_draft(visit: Visit):
    visitor = visit("administration_clerk")
    page = visitor.page
    visitor.open("/board/external.sla-chat/target/")
    page.get_by_label("Why").fill("Few visitors at night")
    page.get_by_label("New target").fill("150")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Why")).to_have_value("Few visitors at night")
    page.get_by_label("New target").fill("95")
    page.get_by_role("button", name="Submit").click()
    expect(page).to_have_url(re.compile("/approvals/requests/"))
    page.wait_for_load_state()
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))") == []


def test_a_question_is_asked_before_what_cannot_be_undone(visit: Visit):
    page = visit("stranger").page
    page.evaluate("""() => {
      const form = document.createElement("form");
      form.action = "/search/";
      form.dataset.confirm = "Really?";
      form.innerHTML = "<input name=q value=asked><button>Do it</button>";
      document.querySelector("main").prepend(form);
    }""")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Really?")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "/search/" not in page.url
    page.get_by_role("button", name="Do it").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page).to_have_url(re.compile(r"/search/\?q=asked"))


def test_a_countdown_turns_its_word_and_colour_by_itself(visit: Visit):
    page = visit("stranger").page
    page.evaluate("""() => {
      const time = document.createElement("time");
      time.dateTime = new Date(Date.now() + 2500).toISOString();
      time.className = "countdown state state-secondary";
      time.dataset.countdown = "";
      time.innerHTML = "<span data-word></span> <span data-amount></span>";
      document.querySelector("main").prepend(time);
    }""")
    countdown = page.locator("main > time")
    expect(countdown).to_have_class(re.compile("state-warning"))
    expect(countdown).to_contain_text("due soon")
    expect(countdown).to_have_class(re.compile("state-danger"))
    expect(countdown).to_contain_text("overdue")


def test_a_card_of_my_work_renews_itself_when_something_happens(visit: Visit, installation: Installation):
    page = visit("stranger").page
    expect(page.locator("[data-live-state] [data-live-word]")).to_have_text("Live")
    topic = page.locator("[data-live^='work.']").first.get_attribute("data-live").split()[0]
    with page.expect_response(re.compile(r"\bwork/[\w-]+/")):
        installation.play(
            "postroad", "manage", "shell", "-c", f"from postroad.platform.realtime import publish; publish({topic!r})"
        )


def test_a_click_is_not_lost_to_a_renewal_in_the_middle_of_it(visit: Visit):
    visitor = visit("administration_head")
    page = visitor.page
    visitor.open("/board/")
    expect(page.locator("[data-live-state] [data-live-word]")).to_have_text("Live")

    page.locator("main h1").hover()
    page.mouse.down()
    renew_the_board(visitor)
    expect(page.locator("[data-old]")).to_have_count(1)
    page.mouse.up()
    expect(page.locator("[data-old]")).to_have_count(0)

    link = page.locator("[data-row] a").first
    address = link.get_attribute("href")
    link.hover()
    page.mouse.down()
    renew_the_board(visitor)
    page.wait_for_timeout(300)
    page.mouse.up()
    expect(page).to_have_url(re.compile(f"{address}$"))


def renew_the_board(visitor: Visitor) -> None:
    """What stands there now is marked `data-old`; the answer has come, but need not be in its place yet."""
    visitor.page.evaluate("document.querySelector('[data-row]').dataset.old = ''")
    with visitor.page.expect_response(re.compile(r"/board/.*results")):
        visitor.installation.play(
            "postroad", "manage", "shell", "-c", "from postroad.platform.realtime import publish; publish('board')"
        )


def test_the_keyboard_stays_where_it_was_when_a_list_renews_itself(visit: Visit):
    visitor = visit("administration_head")
    page = visitor.page
    visitor.open("/board/")
    expect(page.locator("[data-live-state] [data-live-word]")).to_have_text("Live")
    page.locator("[data-row] a").nth(3).focus()
    renew_the_board(visitor)
    expect(page.locator("[data-old]")).to_have_count(0)
    expect(page.locator("[data-row] a").nth(3)).to_be_focused()


def test_the_list_is_walked_and_the_keys_are_told_without_a_mouse(visit: Visit):
    visitor = visit("administration_head")
    page = visitor.page
    visitor.open("/board/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-row].row-current")).to_contain_text("plan.needs-meeting")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("plan")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Search")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("/board/plan.needs-survey/"))


def test_a_filter_renews_the_list_alone_and_keeps_the_address_in_step(visit: Visit):
    visitor = visit("administration_head")
    page = visitor.page
    visitor.open("/board/")
    page.locator("h1").evaluate("heading => heading.dataset.same = 'yes'")
    page.get_by_label("Section").select_option("risk")
    expect(page.locator("[data-row]")).to_have_count(7)
    expect(page).to_have_url(re.compile("section=risk"))
    expect(page.locator("h1")).to_have_attribute("data-same", "yes")
    page.reload()
    expect(page.locator("[data-row]")).to_have_count(7)


def test_everything_works_without_scripts(browser: Browser, installation: Installation):
    context = browser.new_context(java_script_enabled=False, locale="en-GB", base_url=installation.url)
    page = context.new_page()
    page.goto("/sign-in/")
    page.locator("input[name=login]").fill("administration_head")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.goto("/board/")
    page.locator("select[name=section]").select_option("risk")
    page.locator("form.filters button").click()
    expect(page.locator("[data-row]")).to_have_count(7)
    page.locator(".shell-search").click()
    page.locator("main input[name=q]").fill("sla-mail")
    page.locator("main input[name=q]").press("Enter")
    expect(page.locator(".search-hit")).to_have_count(1)
    context.close()
