"""A permission's life: applied for, approved by two, set up by IT, confirmed by the channel's owner or taken away."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.installation import Installation
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def board(installation: Installation) -> str:
    return installation.play("tests.browser.access_stage").strip().splitlines()[-1]


def test_a_permission_from_application_to_recertification(visit: Visit, board: str) -> None:
    apply_for(visit("stranger"), board, "林晓 (A015)", "发布班次通知")
    for name in ("administration_head", "supervising_leader"):
        approve(visit(name))
    set_up(visit("it"))
    see_it_as_mine(visit("stranger"))

    apply_for(visit("stranger"), board, "客服部", "查看公告")
    for name in ("administration_head", "supervising_leader"):
        approve(visit(name))
    begin_recertification(visit("administration_head"))
    answer_by_keyboard(visit("owner"))
    see_it_is_gone(visit("stranger"))
    see_it_is_to_be_taken_away(visit("it", phone=True))


def apply_for(applicant: Visitor, board: str, grantee: str, content: str) -> None:
    applicant.open(f"/access/apply/?channel={board}")
    page = applicant.page
    page.locator("#id_line-0-permission").select_option("post")
    field = page.locator("#id_line-0-grantee")
    field.fill(grantee[:2])
    expect(page.locator("#grantees option").first).to_have_attribute(
        "value", re.compile(re.escape(grantee[:2]) + "|Lin|Customer")
    )
    field.fill(grantee)
    page.locator("#id_line-0-content").fill(content)
    page.locator("#id_reason").fill("排班需要")
    applicant.inspect("permission-application")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("main")).to_contain_text(re.compile("gains? it"))
    expect(page.locator("main")).to_contain_text("Wang")
    applicant.inspect("permission-preview")
    page.get_by_role("button", name="Submit for approval").click()
    expect(page.locator("main")).to_contain_text("Waiting")


def approve(approver: Visitor) -> None:
    approver.open("/")
    page = approver.page
    page.get_by_role("link", name=re.compile("Service board")).first.click()
    expect(page.locator("main")).to_contain_text("What it would do today")
    approver.inspect()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("main")).not_to_contain_text("A decision takes effect at once")


def set_up(it: Visitor) -> None:
    it.open("/")
    page = it.page
    page.get_by_role("heading", name=re.compile("Permissions to configure")).wait_for()
    it.open("/access/configure/")
    it.inspect("permissions-to-configure")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("e")
    expect(page.locator("main")).to_contain_text("Nothing to configure")


def see_it_as_mine(applicant: Visitor) -> None:
    applicant.open("/access/?person=me")
    row = applicant.page.locator("[data-row]")
    expect(row).to_contain_text("发布班次通知")
    expect(row).to_contain_text("Zheng")
    expect(row).to_contain_text("Wang, Chen")
    expect(row).to_contain_text("In force")
    applicant.inspect("permission-list")


def begin_recertification(head: Visitor) -> None:
    head.open("/access/recertifications/")
    page = head.page
    page.get_by_role("button", name="Begin this half-year's").click()
    page.locator("dialog[open] button[value=yes]").click()
    expect(page.locator("main")).to_contain_text("Waiting for the owner")
    head.inspect("recertification")


def answer_by_keyboard(owner: Visitor) -> None:
    owner.open("/")
    page = owner.page
    page.locator("#work-access-sheets a", has_text="Service board").click()
    expect(page.locator("[data-row]")).to_have_count(2)
    owner.inspect("recertification-sheet")
    for row in page.locator("[data-row]").all():
        page.keyboard.press("j")
        page.keyboard.press("n" if "Lin" in (row.text_content() or "") else "y")
    expect(chosen(page)).to_have_count(2)
    page.keyboard.press("s")
    expect(page.locator("main h1")).to_contain_text("Complete")


def chosen(page: Page):
    return page.locator("[data-row] input[type=radio]:checked")


def see_it_is_gone(applicant: Visitor) -> None:
    applicant.open("/access/?person=me")
    expect(applicant.page.locator("main")).to_contain_text("No permission fits this filter")


def see_it_is_to_be_taken_away(it: Visitor) -> None:
    it.open("/access/configure/")
    expect(it.page.locator("[data-row]", has_text="发布班次通知")).to_contain_text("Take away")
    it.inspect("permissions-to-configure-phone")


def test_the_feature_review_of_the_month_is_done_by_it(visit: Visit, installation: Installation) -> None:
    installation.play(
        "postroad", "manage", "shell", "-c", "from postroad.access.actions import open_feature_review as o; o()"
    )
    it = visit("it")
    it.open("/access/features/")
    page = it.page
    page.locator("table a").first.click()
    expect(page.get_by_role("button", name="Put the review on record")).to_be_visible()
    for select in page.locator("select[name$=-state]").all():
        select.select_option("work")
    it.inspect("feature-review")
    page.get_by_role("button", name="Put the review on record").click()
    expect(page.locator("table")).to_contain_text("Done")
    it.inspect()
