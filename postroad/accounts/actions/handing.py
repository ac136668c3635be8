"""From one manager to another: a hand-over with a due date and a proposed successor; duties follow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.accounts import queries
from postroad.accounts.actions.keeping import ACCOUNTS, CALENDAR, TOPIC, above, align, lock
from postroad.accounts.events import Event
from postroad.accounts.jobs import Job
from postroad.accounts.models import HandOver, KeyAccount
from postroad.clock import actions as clock
from postroad.clock.models import Calendar, Deadline
from postroad.ledger.actions import record
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

HAND_OVER = "accounts.hand-over"
DUE_AFTER = timedelta(hours=24)  # of working time: three working days
DUE_AFTER_BY_THE_CLOCK = timedelta(days=3)
Cause, State = HandOver.Cause, HandOver.State


@transaction.atomic
def open_hand_over(
    *, account: KeyAccount, proposed: Person, words: str, actor: Actor, cause: HandOver.Cause = Cause.PLANNED
) -> HandOver:
    """Ask somebody to take an account over. Raises Invalid by field, Conflict while another hand-over is open."""
    account = lock(account.pk)
    if proposed.pk == account.manager_id:
        raise Invalid({"proposed": _("%(name)s has it already.") % {"name": proposed.name}})
    if not _stays(proposed):
        raise Invalid({"proposed": _("%(name)s does not work here any more.") % {"name": proposed.name}})
    if account.hand_overs.filter(state=State.OPEN).exists():
        raise Conflict(_("A hand-over of this account is under way already."))
    return _open(account, cause=cause, proposed=proposed, words=words.strip(), actor=actor)


@transaction.atomic
def take_over(*, hand_over: HandOver, successor: Person, person: Person) -> HandOver:
    """Settle a hand-over: somebody else looks after the account from now on, or the manager keeps it.

    Raises Conflict once it is settled, Invalid by field for a successor who cannot be.
    """
    account = lock(hand_over.account_id)
    hand_over = _locked(hand_over.pk)
    if not _stays(successor):
        raise Invalid({"successor": _("%(name)s does not work here any more.") % {"name": successor.name}})
    state = State.KEPT if successor.pk == account.manager_id else State.HANDED_OVER
    return _settle(hand_over, account, state, successor=successor, person=person, actor=person.as_actor())


def managers_changed(person_ids: Collection[UUID]) -> None:
    """Look after the accounts of people who changed; hears of everybody who joins, moves or leaves."""
    if queries.running().filter(manager__in=person_ids).exists():
        look_after_managers(person_ids=person_ids)


@transaction.atomic
def look_after_managers(*, person_ids: Collection[UUID] | None = None) -> list[HandOver]:
    """Open a hand-over for each account whose manager leaves, and close those whose manager stays after all.

    Of all managers, or of some. Opened as soon as the last day is known. Repeating it changes nothing.
    """
    managed = queries.running() if person_ids is None else queries.running().filter(manager__in=person_ids)
    stay = managed.filter(manager__left_on__isnull=True, hand_overs__state=State.OPEN, hand_overs__cause=Cause.LEFT)
    for account in stay.filter(hand_overs__previous=F("manager")).distinct():
        locked, waiting = lock(account.pk), account.hand_overs.get(state=State.OPEN)
        _settle(_locked(waiting.pk), locked, State.KEPT, successor=account.manager, person=None, actor=ACCOUNTS)
    leaving = managed.filter(manager__left_on__isnull=False).exclude(
        pk__in=HandOver.objects.filter(state=State.OPEN).values("account")
    )
    return [
        _open(lock(one.pk), cause=Cause.LEFT, proposed=_proposal(one), words="", actor=ACCOUNTS)
        for one in leaving.order_by("pk")
    ]


def on_hand_over_missed(_deadlines: Sequence[Deadline]) -> None:
    """Nobody took an account over in time. A job of its own passes it on: it has to lock the account first."""
    enqueue(Job.END_HAND_OVERS, once=True)


def pass_on_overdue() -> int:
    """Past the due date the proposed person has the account of somebody who left; returns how many were passed on."""
    late = HandOver.objects.filter(state=State.OPEN, cause=Cause.LEFT, deadline__state=Deadline.State.MISSED)
    return sum(_pass_on_overdue(*ids) for ids in list(late.values_list("account", "pk")))


@transaction.atomic
def _pass_on_overdue(account_id: UUID, hand_over_id: UUID) -> bool:
    account = lock(account_id)
    try:
        hand_over = _locked(hand_over_id)
    except Conflict:
        return False
    proposed = hand_over.proposed if hand_over.proposed and _stays(hand_over.proposed) else _proposal(account)
    if proposed is None:
        return False
    _settle(hand_over, account, State.PASSED, successor=proposed, person=None, actor=ACCOUNTS)
    return True


def _proposal(account: KeyAccount) -> Person | None:
    """Who should take it: the deputy, else the head of the manager's department, else the leader above."""
    candidates = (account.deputy, above(account.manager))
    return next((one for one in candidates if one and _stays(one) and one.pk != account.manager_id), None)


def _stays(person: Person) -> bool:
    return person.is_active_on(today()) and (person.left_on is None or person.left_on > today())


def _open(account: KeyAccount, *, cause: HandOver.Cause, proposed: Person | None, words: str, actor: Actor) -> HandOver:
    now = timezone.now()
    hand_over = HandOver.objects.create(
        account=account, cause=cause, previous=account.manager, proposed=proposed, words=words, opened_at=now
    )
    calendar = Calendar.objects.filter(key=CALENDAR).first()
    hand_over.deadline = clock.start_deadline(
        clock.NewDeadline(
            kind=HAND_OVER,
            subject=subject_of(hand_over),
            title=account.organisation.name,
            amount=DUE_AFTER if calendar else DUE_AFTER_BY_THE_CLOCK,
            started_at=now,
            calendar_version=calendar.current_version() if calendar else None,
            responsible=proposed,
            url=hand_over.get_absolute_url(),
        ),
        actor=actor,
    )
    hand_over.save(update_fields=["deadline"])
    record(Event.HAND_OVER_OPENED, actor=actor, subject=account, data={"cause": str(cause)})
    publish(TOPIC, *{f"work.{one.pk}" for one in (proposed, account.manager) if one})
    return hand_over


def _settle(
    hand_over: HandOver,
    account: KeyAccount,
    state: HandOver.State,
    *,
    successor: Person,
    person: Person | None,
    actor: Actor,
) -> HandOver:
    now = timezone.now()
    hand_over.state, hand_over.closed_at = state, now
    hand_over.successor, hand_over.closed_by = successor, person
    hand_over.save(update_fields=["state", "closed_at", "successor", "closed_by"])
    if successor.pk != account.manager_id:
        _pass_on(account, successor)
    if hand_over.deadline_id:
        clock.meet([hand_over.deadline_id], at=now, reason=str(state.label), actor=actor)
    data: dict[str, Any] = {"how": str(state), "successor": str(successor.pk)}
    record(Event.HAND_OVER_CLOSED, actor=actor, subject=account, data=data)
    publish(TOPIC, f"work.{successor.pk}", f"work.{hand_over.previous_id}")
    return hand_over


def _pass_on(account: KeyAccount, successor: Person) -> None:
    """A deputy who takes an account over leaves the place of the deputy free, for the one before if they stay."""
    before = account.manager
    account.manager = successor
    if account.deputy_id == successor.pk:
        account.deputy = before if _stays(before) else None
    account.save(update_fields=["manager", "deputy"])
    align([account])


def _locked(hand_over_id: UUID) -> HandOver:
    hand_over = (
        HandOver.objects.select_for_update(no_key=True, of=("self",)).select_related("proposed").get(pk=hand_over_id)
    )
    if hand_over.state != State.OPEN:
        raise Conflict(_("This hand-over is settled already."))
    return hand_over
