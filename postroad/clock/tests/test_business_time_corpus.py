"""Cases that other projects wrote for their own working-time arithmetic (see the corpora's README)."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from postroad.clock.workingtime import WorkingCalendar

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpora" / "business_time"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not on this machine")

# Where the two sources contradict each other: a count backwards is negative here, and a day of 25 hours has 25.
OUR_POLICY = {"zendesk/biz#10": -2370, "Intrepidd/working_hours#71": -300, "Intrepidd/working_hours#80": 1500}


def cases() -> list[Any]:
    if not CORPUS.is_dir():
        return []
    return [pytest.param(case, id=case["id"]) for case in json.loads((CORPUS / "cases.json").read_text())]


def calendar_of(case: dict[str, Any]) -> WorkingCalendar:
    given = case["calendar"]
    return WorkingCalendar.from_spec(
        {
            "zone": given["timezone"],
            "week": given["hours"],
            "holidays": given["holidays"],
            "date_overrides": given.get("date_overrides", {}),
        }
    )


@pytest.mark.parametrize("case", cases())
def test_we_answer_as_the_other_projects_expect(case: dict[str, Any]) -> None:
    calendar, start = calendar_of(case), datetime.fromisoformat(case["start"])
    if case["op"] == "between":
        minutes = calendar.working_time_between(start, datetime.fromisoformat(case["end"])) / timedelta(minutes=1)
        assert minutes == OUR_POLICY.get(case["id"], case["expected_minutes"])
        return
    amount = timedelta(minutes=case["business_minutes"])
    add = calendar.add_working_time if case["op"] == "add" else calendar.subtract_working_time
    assert add(start, amount if case["op"] == "add" else -amount) == datetime.fromisoformat(case["expected_end"])


def test_every_policy_case_is_one_we_decided() -> None:
    policies = {param.id for param in cases() if param.values[0].get("policy")}
    assert policies == set(OUR_POLICY)


def test_the_working_days_of_2024_in_china_agree_day_by_day() -> None:
    week = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendar = WorkingCalendar.from_spec({"zone": "Asia/Shanghai", "week": week, "statutory": "CN"})
    days = json.loads((CORPUS / "cn_workdays_2024.json").read_text())["days"]
    found = {day: bool(calendar.hours_on(date.fromisoformat(day))) for day in days}
    assert len(days) == 366
    assert found == {day: facts["is_workday"] for day, facts in days.items()}
