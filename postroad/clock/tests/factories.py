"""What the tests of this package build on, made by actions where there are any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from postroad.clock import actions
from postroad.clock.models import Calendar, Deadline
from postroad.clock.registry import DeadlineKind, _kinds
from postroad.platform.actors import Actor, Subject

ACTOR = Actor.system("test")
OFFICE = {
    "zone": "Asia/Shanghai",
    "week": {day: [["09:00", "12:00"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
SUBJECT = Subject("clock.example", "1")
KIND = DeadlineKind(key="test.promise", title="Example", warn_at=(0.5, 0.8))
# A Monday, 10:00 in Shanghai.
MONDAY = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)


def local(text: str) -> datetime:
    """Return a moment written in the calendar's own time."""
    return datetime.fromisoformat(f"{text}+08:00")


def make_calendar(key: str = "office", **changes: Any) -> Calendar:
    return actions.create_calendar(
        key=key,
        name="公司日历",
        name_en="Company calendar",
        definition=OFFICE | changes,
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        actor=ACTOR,
    )


def register(kind: DeadlineKind) -> None:
    """Make a kind known for as long as the tests run; again is no error."""
    _kinds.setdefault(kind.key, kind)


def make_deadline(
    *,
    calendar: Calendar | None = None,
    kind: DeadlineKind = KIND,
    hours: float = 4,
    started_at: datetime = MONDAY,
    **values: Any,
) -> Deadline:
    register(kind)
    return actions.start_deadline(
        actions.NewDeadline(
            kind=kind.key,
            subject=values.pop("subject", SUBJECT),
            title="Answer the customer",
            amount=timedelta(hours=hours),
            started_at=started_at,
            calendar_version=calendar.current_version() if calendar else None,
            **values,
        ),
        actor=ACTOR,
    )
