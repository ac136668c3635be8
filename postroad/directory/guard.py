"""When a reading must not be applied without a person: the one rule, in one place. Pure."""

from datetime import timedelta

from postroad.directory.models import SyncRun

Hold = SyncRun.Hold

SHARE = 5
"""Per cent of the people a source answers for that it may end on its own."""
AT_LEAST = 2
WITHIN = timedelta(days=1)
"""Ends of this long count together, so that many small readings get no further than one large one."""


def hold_of(*, ending: int, ended_lately: int, working: int, shown: int, complete: bool, first: bool) -> Hold | None:
    """Why a reading has to wait, or None.

    Args:
        ending: people it would end.
        ended_lately: people the source ended within `WITHIN` and nobody approved.
        working: people who work here and whom the source answers for, those `ending` among them.
        shown: active people in the reading.
        complete: whether it claims to show everybody.
        first: whether nothing of the source was ever applied.
    """
    if shown == 0:
        return Hold.EMPTY
    if ending and too_many(ending=ending, ended_lately=ended_lately, working=working):
        return Hold.TOO_MANY
    if not complete:
        return Hold.INCOMPLETE
    return Hold.FIRST if first else None


def too_many(*, ending: int, ended_lately: int, working: int) -> bool:
    """More than 5 % of those the source answers for, and at least two people, within a day."""
    total = ending + ended_lately
    return total >= AT_LEAST and total * 100 > SHARE * (working + ended_lately)
