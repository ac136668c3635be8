"""Whom to call back: begun by a missed call, tried, and settled by a person's word or by a call that says it all."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.conversations.models import Message
from postroad.hotline.actions.callers import lock_callers
from postroad.hotline.actions.saying import say
from postroad.hotline.events import Event
from postroad.hotline.models import Call, CallBack
from postroad.hotline.registry import CalledBack, case_keeper
from postroad.ledger.actions import record
from postroad.platform import realtime
from postroad.platform.actors import Actor
from postroad.platform.errors import Conflict, Invalid

if TYPE_CHECKING:
    from postroad.ledger.canonical import Json
    from postroad.org.models import Person

HOTLINE = Actor.system("hotline")
Outcome = CallBack.Outcome
BY_HAND = (Outcome.SETTLED, Outcome.REACHED, Outcome.NOT_REACHED, Outcome.NOT_NEEDED)


@transaction.atomic
def call_back(*, call_back: CallBack, outcome: str, note: str, person: Person) -> CallBack:
    """Say how calling somebody back went.

    Reached or tried in vain, the promise of calling back is kept: they were called. One not reached stays on the list.
    Where no call is needed the promise is dropped, which must be explained.

    Raises Conflict when it has been settled meanwhile, Invalid without the explanation.
    """
    lock_callers([call_back.caller_id])
    call_back = CallBack.objects.select_for_update(no_key=True, of=("self",)).get(pk=call_back.pk)
    if call_back.settled_at is not None:
        raise Conflict(
            _("This has been settled meanwhile: %(outcome)s.") % {"outcome": call_back.get_outcome_display()}
        )
    if outcome not in BY_HAND:
        raise Invalid({"outcome": _("Say how it went.")})
    if outcome == Outcome.NOT_NEEDED and not note.strip():
        raise Invalid({"note": _("Say why no call is needed.")})
    now = timezone.now()
    if outcome == Outcome.NOT_REACHED:
        note_attempt(call_back, at=now, person=person)
    else:
        close(call_back, Outcome(outcome), at=now, person=person, settled=outcome != Outcome.REACHED, note=note.strip())
    return call_back


def begin(call: Call) -> CallBack:
    """A missed call becomes a message, which the desk makes a case with the promise; the caller goes on the list."""
    receipt = say(call, "missed")
    assert receipt.message_id
    assert call.caller
    message = Message.objects.only("conversation_id").get(pk=receipt.message_id)
    begun = CallBack.objects.create(
        channel_id=call.channel_id,
        caller=call.caller,
        conversation_id=message.conversation_id,
        thread_id=receipt.external_id,
        since=call.missed_at,
        last_at=call.missed_at,
    )
    belong(call, begun)
    record(Event.CALL_BACK_OPENED, actor=HOTLINE, subject=begun, data={"call": str(call.pk)})
    tell_pages()
    return begun


def repeat(call: Call, standing: CallBack) -> None:
    """Somebody on the list tries again: one case, one line, with the count."""
    say(call, "missed", thread_id=standing.thread_id)
    standing.missed += 1
    standing.since = min(standing.since, call.missed_at)
    standing.last_at = max(standing.last_at, call.missed_at)
    standing.save(update_fields=["missed", "since", "last_at"])
    belong(call, standing)
    data: dict[str, Json] = {"call": str(call.pk), "missed": standing.missed}
    record(Event.CALL_BACK_REPEATED, actor=HOTLINE, subject=standing, data=data)
    tell_pages()


def note_attempt(standing: CallBack, *, at: datetime, person: Person | None) -> None:
    """They were called and did not pick up: what was promised is kept, and they stay on the list."""
    standing.tried += 1
    standing.first_tried_at = min(standing.first_tried_at or at, at)
    standing.save(update_fields=["tried", "first_tried_at"])
    actor = person.as_actor() if person else HOTLINE
    record(Event.CALL_BACK_TRIED, actor=actor, subject=standing)
    _tell_desk(standing, at=at, person=person, settled=False)
    tell_pages()


def close(
    standing: CallBack,
    outcome: CallBack.Outcome,
    *,
    at: datetime,
    person: Person | None,
    settled: bool,
    note: str = "",
) -> None:
    """They are off the list. `settled`: nothing more is to be done on the case either."""
    standing.settled_at, standing.settled_by, standing.outcome = at, person, outcome
    standing.save(update_fields=["settled_at", "settled_by", "outcome"])
    actor = person.as_actor() if person else HOTLINE
    record(Event.CALL_BACK_SETTLED, actor=actor, subject=standing, data={"outcome": outcome.value})
    if outcome != Outcome.CASE_FINISHED:
        needed = outcome != Outcome.NOT_NEEDED
        _tell_desk(standing, at=at, person=person, settled=settled, needed=needed, note=note)
    tell_pages()


def belong(call: Call, standing: CallBack) -> None:
    call.call_back = standing
    call.save(update_fields=["call_back"])


def tell_pages() -> None:
    realtime.publish("hotline.call-backs")


def _tell_desk(
    standing: CallBack,
    *,
    at: datetime,
    person: Person | None,
    settled: bool,
    needed: bool = True,
    note: str = "",
) -> None:
    case_keeper().called_back(
        CalledBack(
            conversation_id=standing.conversation_id,
            at=at,
            person=person,
            actor=person.as_actor() if person else HOTLINE,
            settled=settled,
            needed=needed,
            note=note,
        )
    )


def tidy() -> int:
    """Take those off the list whose case was finished otherwise; returns how many."""
    standing = list(CallBack.objects.filter(settled_at__isnull=True).values_list("pk", "conversation_id"))
    cases = case_keeper().cases_of([conversation_id for _pk, conversation_id in standing])
    over = [pk for pk, conversation_id in standing if conversation_id in cases and cases[conversation_id].finished]
    return sum(_take_off(call_back_id) for call_back_id in over)


@transaction.atomic
def _take_off(call_back_id: UUID) -> bool:
    found = CallBack.objects.filter(pk=call_back_id, settled_at__isnull=True).first()
    if found is None:
        return False
    lock_callers([found.caller_id])
    found.refresh_from_db()
    if found.settled_at is None:
        close(found, Outcome.CASE_FINISHED, at=timezone.now(), person=None, settled=False)
    return True
