"""The pages about messengers, directories, groups, permissions and patrols: fit to be read on a desk and on a phone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.installation import Installation
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
MESSENGERS = {
    "messengers": "/messengers/",
    "messenger-connect": "/messengers/connect/",
    "messenger": "/messengers/{messenger}/",
    "messenger-edit": "/messengers/{messenger}/edit/",
    "messenger-users": "/messengers/{messenger}/users/",
    "messenger-groups": "/messengers/{messenger}/rooms/",
    "messenger-group": "/messengers/rooms/{room}/",
}
DIRECTORIES = {
    "directories": "/directory/",
    "directory-connect": "/directory/connect/",
    "directory": "/directory/{source}/",
    "directory-edit": "/directory/{source}/edit/",
    "directory-conflicts": "/directory/{source}/conflicts/",
    "directory-reading": "/directory/runs/{run}/",
}
GROUPS = {
    "groups": "/groups/",
    "groups-plan": "/groups/plan/",
    "groups-move": "/groups/move/",
    "groups-differences": "/groups/differences/",
    "groups-strays": "/groups/strays/",
    "groups-templates": "/groups/templates/",
    "groups-template-new": "/groups/templates/new/",
    "groups-projects": "/groups/projects/",
    "groups-runs": "/groups/runs/",
    "groups-hand-overs": "/groups/hand-overs/",
    "groups-confirmations": "/groups/confirmations/",
}
PERMISSIONS = {
    "access": "/access/",
    "access-apply": "/access/apply/",
    "access-import": "/access/import/",
    "access-configure": "/access/configure/",
    "access-recertifications": "/access/recertifications/",
    "access-features": "/access/features/",
    "patrol": "/patrol/",
    "patrol-words": "/patrol/words/",
}
EVERY = {**MESSENGERS, **DIRECTORIES, **GROUPS, **PERMISSIONS}


@pytest.fixture
def stage(installation: Installation) -> dict[str, str]:
    told: dict[str, str] = json.loads(installation.play("tests.browser.directory_stage").strip().splitlines()[-1])
    return told


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_every_page_is_readable_and_says_what_to_do_where_it_is_empty(visit: Visit, stage: dict[str, str], phone: bool):
    it = visit("it", phone=phone)
    for name, path in EVERY.items():
        it.open(path.format(**stage))
        expect(it.page.get_by_role("heading", level=1)).not_to_be_empty()
        it.inspect(f"{name}-{'phone' if phone else 'desk'}")


def test_a_conflict_of_a_directory_is_settled_on_its_page(visit: Visit, stage: dict[str, str]):
    hr = visit("hr")
    hr.open(f"/directory/{stage['source']}/conflicts/")
    conflicts = hr.page.locator("section[id^=conflict-]:has(form)")
    before = conflicts.count()
    assert before > 0, "everybody in the messenger was entered by hand before"
    conflicts.first.get_by_role("button", name="Keep ours").click()
    expect(conflicts).to_have_count(before - 1)
