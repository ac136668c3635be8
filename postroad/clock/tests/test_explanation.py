"""Any promise, also a breach of long ago, is told in one sentence in either language."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from postroad.clock import actions, queries
from postroad.clock.models import Deadline
from postroad.clock.tests.factories import ACTOR, local, make_calendar, make_deadline

pytestmark = pytest.mark.django_db


def told(deadline: Deadline, language: str = "en") -> str:
    with translation.override(language):
        return queries.explain(Deadline.objects.get(pk=deadline.pk))


def test_a_breach_is_replayed_with_opening_breaks_and_pauses() -> None:
    deadline = make_deadline(calendar=make_calendar(), started_at=local("2025-03-03T08:50"), hours=5)
    actions.pause([deadline.pk], at=local("2025-03-03T14:00"), reason="waiting for the customer", actor=ACTOR)
    actions.resume([deadline.pk], at=local("2025-03-03T15:00"), reason="customer answered", actor=ACTOR)
    actions.meet([deadline.pk], at=local("2025-03-03T17:15"), reason="answered", actor=ACTOR)
    assert told(deadline) == (
        "3 Mar 2025 08:50 arrived outside opening hours, clock from 09:00, 5 h of working time; "
        "12:00–13:30 closed, not counted; paused 14:00–15:00 (waiting for the customer); "
        "due 16:30 and missed, done 17:15, 45 min late; by the calendar Company calendar, version 1."
    )
    assert told(deadline, "zh-hans") == (
        "2025年3月3日 08:50 到达，不在办公时间，从 09:00 起计时，时限 5 小时（工作时间），"
        "12:00–13:30 不办公不计时，14:00–15:00 暂停计时（waiting for the customer），"
        "应于 16:30 前完成但已超时，17:15 才完成，超时 45 分钟，依据日历“公司日历”第 1 版。"
    )


def test_a_promise_kept_says_how_much_was_to_spare() -> None:
    deadline = make_deadline(calendar=make_calendar(), started_at=local("2025-03-03T10:00"), hours=1.5)
    actions.meet([deadline.pk], at=local("2025-03-03T10:30"), reason="", actor=ACTOR)
    assert told(deadline) == (
        "3 Mar 2025 10:00 started, 1 h 30 min of working time; due 11:30, done 10:30 with 1 h to spare; "
        "by the calendar Company calendar, version 1."
    )


def test_many_nights_are_told_together() -> None:
    deadline = make_deadline(calendar=make_calendar(), started_at=local("2025-03-03T10:00"), hours=40)
    assert "11 breaks, nights and days off within 12:00–10 Mar 13:30 not counted (132 h)" in told(deadline)


def test_a_move_is_told_with_its_reason() -> None:
    deadline = make_deadline(hours=4, started_at=local("2025-03-03T10:00"))
    actions.move(deadline, at=local("2025-03-03T11:00"), due_at=local("2025-03-04T10:00"), reason="agreed", actor=ACTOR)
    assert told(deadline) == (
        "3 Mar 2025 10:00 started, 4 h in clock time; moved at 11:00 from 14:00 to 4 Mar 10:00 (agreed); due 10:00."
    )


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("running", "due 14:00"),
        ("paused", "paused since 11:00 (no reason given); 3 h left"),
        ("cancelled", "cancelled at 11:00 (spam)"),
        ("missed", "due 14:00 and missed, not done yet"),
    ],
)
def test_every_ending_has_its_words(ending: str, words: str) -> None:
    deadline, at = make_deadline(hours=4, started_at=local("2025-03-03T10:00")), local("2025-03-03T11:00")
    if ending == "paused":
        actions.pause([deadline.pk], at=at, reason="", actor=ACTOR)
    elif ending == "cancelled":
        actions.cancel([deadline.pk], at=at, reason="spam", actor=ACTOR)
    elif ending == "missed":
        actions.fire_due(now=at + timedelta(days=1))
    assert words in told(deadline)
