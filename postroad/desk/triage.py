"""What a message that comes in means for its case. Pure, so that it can be tried against a simple model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from postroad.channels.protocol import AutoKind
from postroad.desk.models import CaseState

# A calendar invitation is sent by a machine, but somebody waits for what we say to it.
ROBOTS = frozenset({AutoKind.REPLY, AutoKind.BOUNCE, AutoKind.LIST, AutoKind.RECORD})


class Effect(StrEnum):
    """What happens to the case.

    OPEN: a new case, with promises. OPEN_AUTOMATIC: a new case nobody waits for. ATTACH: filed with the case, which
    stays as it is. CONTINUE: the case is to be worked on (again). FOLLOW_UP: a new case, linked to the one long closed.
    UNDELIVERED: what we sent did not arrive, the case is to be worked on again. FILE: it belongs to no case and opens
    none; it stays in the customer's history.
    """

    OPEN = "open"
    OPEN_AUTOMATIC = "open-automatic"
    ATTACH = "attach"
    CONTINUE = "continue"
    FOLLOW_UP = "follow-up"
    UNDELIVERED = "undelivered"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands when a message for it arrives. `finished_at` is None for one that is being worked on."""

    state: str
    finished_at: datetime | None


def effect_of(
    standing: Standing | None, *, auto: str, failed_for_good: bool, arrived_at: datetime, stays_open: timedelta
) -> Effect:
    """What a message means for the case of its conversation (`standing` None: there is none yet).

    `stays_open` is how long after its end an answer still reopens a closed case; later ones open a follow-up.
    A notice that delivery is only delayed changes nothing; nor does an absence notice, whatever the state.
    """
    if auto == AutoKind.RECORD:
        return Effect.FILE if standing is None else Effect.ATTACH
    if standing is None:
        return Effect.OPEN_AUTOMATIC if auto in ROBOTS else Effect.OPEN
    if auto == AutoKind.BOUNCE:
        return Effect.UNDELIVERED if failed_for_good else Effect.ATTACH
    if auto == AutoKind.REPLY:
        return Effect.ATTACH
    if standing.state == CaseState.CLOSED and _long_ago(standing.finished_at, arrived_at, stays_open):
        return Effect.ATTACH if auto in ROBOTS else Effect.FOLLOW_UP
    return Effect.CONTINUE


def somebody_waits(auto: str) -> bool:
    """Whether a message was written by somebody who waits for an answer, so that promises run."""
    return auto not in ROBOTS


def _long_ago(finished_at: datetime | None, arrived_at: datetime, stays_open: timedelta) -> bool:
    return finished_at is not None and arrived_at - finished_at > stays_open
