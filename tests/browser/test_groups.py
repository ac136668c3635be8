"""Groups kept as declared, as people see it: who leaves is gone from them, and a renamed one is found and put right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.installation import Installation
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
SOON_MS = 100_000
"""The product promises a minute; a busy machine takes a little longer."""


@pytest.fixture
def stage(installation: Installation) -> dict[str, str]:
    told: dict[str, str] = json.loads(installation.play("tests.browser.groups_stage").strip().splitlines()[-1])
    return told


def test_who_leaves_is_gone_from_the_groups_within_the_minute(visit: Visit, stage: dict[str, str]):
    it = visit("it")
    it.open(f"/channels/{stage['group']}/")
    members = it.page.locator("section", has=it.page.get_by_role("heading", name="In the group"))
    until(it, lambda: expect(members).to_contain_text("莫离", timeout=1_000))
    it.inspect("channel-cockpit")

    hr = visit("hr")
    hr.open(f"/org/people/{stage['newcomer']}/end/")
    hr.page.get_by_label("Last working day").fill(hr.page.evaluate("new Date().toLocaleDateString('sv')"))
    hr.page.locator("main form button.btn-primary, main form button.btn-danger").first.click()
    expect(hr.page.get_by_role("heading", level=1)).to_contain_text("莫离")

    until(it, lambda: expect(members).not_to_contain_text("莫离", timeout=1_000))


def test_a_renamed_group_is_found_with_who_did_it_and_put_right_by_a_click(
    visit: Visit, stage: dict[str, str], installation: Installation
):
    it = visit("it")
    it.open(f"/groups/{stage['group']}/")
    until(it, lambda: expect(it.page.locator("main")).to_contain_text("Last seen", timeout=1_000))

    installation.play("tests.browser.groups_stage", "rename")
    it.open("/groups/differences/")
    row = it.page.locator("tr", has_text="吃瓜群")
    until(it, lambda: expect(row).to_be_visible(timeout=1_000))
    expect(row).to_contain_text(re.compile("销售部-日常工作群|Sales"))
    it.inspect("group-differences")
    row.get_by_role("link").first.click()
    expect(it.page.locator("main")).to_contain_text("Changed by")
    it.page.get_by_role("button", name="Repair").click()
    expect(it.page.get_by_text("The repair is under way")).to_be_visible()

    it.open("/groups/differences/")
    until(it, lambda: expect(it.page.locator("tr", has_text="吃瓜群")).to_have_count(0, timeout=1_000))
    phone = visit("administration_head", phone=True)
    phone.open(f"/groups/{stage['group']}/")
    expect(phone.page.locator("main")).to_contain_text("销售部-日常工作群")
    phone.inspect("group-phone")


def until(visitor: Visitor, holds: Callable[[], None]) -> None:
    """Look again, as somebody who waits would, until it holds."""
    for _ in range(SOON_MS // 2_000):
        try:
            holds()
        except AssertionError:
            visitor.page.wait_for_timeout(1_000)
            visitor.page.reload()
        else:
            return
    holds()
