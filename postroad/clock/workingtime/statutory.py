"""Statutory days off and make-up working days, as far as they have been published.

Source: the yearly notice of the General Office of the State Council on holiday arrangements, as held by the
`chinesecalendar` package. A year it does not hold is unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from postroad.clock.workingtime.errors import CalendarError, gettext_noop
from postroad.clock.workingtime.specification import check_keys

REGIONS = ("CN",)


def published_days(region: str) -> dict[str, Any]:
    """Return a region's published days in the form a description keeps them."""
    if region not in REGIONS:
        regions = ", ".join(REGIONS)
        raise CalendarError("statutory", gettext_noop("known regions are %(regions)s"), regions=regions)
    from chinese_calendar import constants  # every year's days: only for calendars that follow them

    return {
        "region": region,
        "years": sorted({day.year for day in constants.holidays}),
        "holidays": sorted(day.isoformat() for day in constants.holidays),
        "extra_workdays": sorted(day.isoformat() for day in constants.workdays),
    }


def pin_statutory_days(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description with `"statutory": "CN"` replaced by the days themselves.

    The result no longer depends on what is published later: a promise made under it keeps its days.
    """
    pinned = dict(check_keys(spec))
    if isinstance(pinned.get("statutory"), str):
        pinned["statutory"] = published_days(pinned["statutory"])
    return pinned
