"""Lengths of time in working days, by the company's calendar."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import translation

from postroad.channels.flows import WORKING_DAY_MINUTES
from postroad.clock.queries import find_calendar
from postroad.org.models import Person
from postroad.platform.actors import Actor

COMPANY_CALENDAR = "company"
ACCESS = Actor.system("access")


def in_language_of(person: Person | None) -> translation.override:
    """The language in which a promise to `person` is titled; the installation's own where there is nobody."""
    return translation.override(person.language if person else settings.LANGUAGE_CODE)


def working_days(days: int) -> dict[str, Any]:
    """`amount` and `calendar_version` of a promise; elapsed days where the company has entered no calendar."""
    calendar = find_calendar(COMPANY_CALENDAR)
    if calendar is None:
        return {"amount": timedelta(days=days), "calendar_version": None}
    return {"amount": timedelta(minutes=days * WORKING_DAY_MINUTES), "calendar_version": calendar.current_version()}
