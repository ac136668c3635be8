"""What a report is asked for, as it stands in the address. What is malformed or not for this reader falls back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from django.db import models
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from postroad.board.periods import today
from postroad.supervision.periods import Span, Window

FIRST_YEAR, LAST_YEAR = 2000, 2100

Choice = TypeVar("Choice", bound=models.TextChoices)


class By(models.TextChoices):
    """What a figure is told apart by."""

    CHANNEL = "channel", _("Channel")
    TEAM = "team", _("Team")
    AGENT = "agent", _("Agent")
    ACCOUNT = "account", pgettext_lazy("customer", "Account")
    HOUR = "hour", _("Hour of the day")
    WEEKDAY = "weekday", _("Weekday")
    DAY = "day", _("Day")


class Clock(models.TextChoices):
    """How durations are counted."""

    WORKING = "working", _("Working time")
    ELAPSED = "elapsed", _("Elapsed time")


@dataclass(frozen=True)
class Asked:
    """The period, what figures are told apart by, the clock, and what everything is narrowed to."""

    window: Window
    by: By = By.CHANNEL
    clock: Clock = Clock.ELAPSED
    channel: str = ""
    team: str = ""
    agent: str = ""
    account: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Asked:
        return cls(
            window=_window(given),
            by=_named(By, given.get("by", ""), By.CHANNEL),
            clock=_named(Clock, given.get("clock", ""), Clock.ELAPSED),
            channel=given.get("channel", ""),
            team=given.get("team", ""),
            agent=given.get("agent", ""),
            account=given.get("account", "") if _is_uuid(given.get("account", "")) else "",
        )

    @cached_property
    def query(self) -> str:
        """The address that asks for the same."""
        days = self.window.days
        values = {"span": self.window.span.value, "by": self.by.value, "clock": self.clock.value}
        if self.window.span is Span.OWN:
            values |= {"since": days.first.isoformat(), "until": days.last.isoformat()}
        else:
            values["on"] = days.first.isoformat()
        narrowed = {"channel": self.channel, "team": self.team, "agent": self.agent, "account": self.account}
        return urlencode(values | {name: value for name, value in narrowed.items() if value})

    def over(self, window: Window) -> Asked:
        return replace(self, window=window)


def _window(given: Mapping[str, str]) -> Window:
    span = _named(Span, given.get("span", ""), Span.WEEK)
    if span is Span.OWN:
        last = _day(given.get("until", "")) or today()
        return Window.own(_day(given.get("since", "")) or last, last)
    return Window.of(span, _day(given.get("on", "")) or today())


def _day(text: str) -> date | None:
    """A day; None for what is none, or so far off that nothing can be reckoned around it."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _named(choices: type[Choice], name: str, otherwise: Choice) -> Choice:
    return next((one for one in choices if one.value == name), otherwise)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
