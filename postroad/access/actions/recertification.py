"""Recertification: twice a year each owner confirms or revokes every grant; what nobody confirms ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.access.actions.ending import TOPIC, end_grants, lock_grants
from postroad.access.actions.promises import ACCESS, in_language_of, working_days
from postroad.access.events import Event
from postroad.access.jobs import Job
from postroad.access.models import Grant, Recertification, RecertificationItem, RecertificationSheet
from postroad.access.permissions import may_answer
from postroad.access.queries import in_force, only_profiting
from postroad.channels.models import Channel
from postroad.clock.actions import NewDeadline, meet, start_deadlines
from postroad.clock.models import Deadline
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.models import Person, today
from postroad.org.queries import supervising_leader_of
from postroad.platform.actors import Actor, Subject, subject_of
from postroad.platform.errors import Conflict, NotFound, Refused
from postroad.platform.ids import new_id
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

SHEET_DEADLINE = "access.recertification"
LAST_DEADLINE = "access.recertification-escalated"
OWNER_DAYS = 10
LEADER_DAYS = 5
# A round begins by itself in the third month of each half-year, unless Administration began it before.
ROUND_MONTHS = (3, 9)
Decision = RecertificationItem.Decision


@transaction.atomic
def start_recertification(*, actor: Actor) -> Recertification:
    """Begin the round of this half-year: a sheet for each channel with grants in force, due in ten working days.

    Raises Conflict while a round is open, when this half-year had its round, or when there is nothing to confirm.
    """
    if Recertification.objects.filter(closed_at__isnull=True).exists():
        raise Conflict(_("A recertification is under way already."))
    name = half_year(today())
    if Recertification.objects.filter(name=name).exists():
        raise Conflict(_("The grants of this half-year were confirmed already."))
    grants = Grant.objects.filter(in_force(today())).select_related("channel__owner").order_by("channel", "id")
    by_channel = {channel: list(group) for channel, group in groupby(grants, key=lambda grant: grant.channel)}
    if not by_channel:
        raise Conflict(_("There are no grants to confirm."))
    now = timezone.now()
    recertification = Recertification.objects.create(name=name, started_at=now)
    sheets = _make_sheets(recertification, list(by_channel), at=now)
    RecertificationItem.objects.bulk_create(
        RecertificationItem(sheet=sheet, grant=grant) for sheet in sheets for grant in by_channel[sheet.channel]
    )
    data = {"count": sum(map(len, by_channel.values())), "channels": len(by_channel)}
    record(Event.RECERTIFICATION_STARTED, actor=actor, subject=recertification, data={**data})
    publish(TOPIC)
    return recertification


def start_due_recertification() -> bool:
    """Begin the round of this half-year if its month has come and nobody did; returns whether it began."""
    if today().month not in ROUND_MONTHS:
        return False
    try:
        start_recertification(actor=ACCESS)
    except Conflict:
        return False
    return True


@transaction.atomic
def answer_sheet(
    *, sheet: RecertificationSheet, decisions: Mapping[UUID, Decision], person: Person
) -> RecertificationSheet:
    """Confirm or revoke grants of one sheet, by the ids of its items; those decided already stay as they are.

    What is revoked ends now. Nobody confirms a grant that they alone gain by, though they may revoke it: when only
    such are left, the sheet goes to the supervising leader. Raises Refused, NotFound for an item of another sheet,
    Conflict once the sheet is closed; then nothing is changed.
    """
    sheet = _lock_sheet(sheet.pk)
    if sheet.closed_at:
        raise Conflict(_("This sheet is closed already."))
    if not may_answer(person, sheet):
        raise Refused(_("Only the channel's owner, the deputy, or who it was escalated to answers this sheet."))
    items = {item.pk: item for item in sheet.items.select_related("grant__channel")}
    if decisions.keys() - items.keys():
        raise NotFound(_("There is nothing here."))
    decided = [items[item_id] for item_id in decisions if not items[item_id].decision]
    _require_impartial(person, [one for one in decided if decisions[one.pk] == Decision.CONFIRMED])
    now, actor = timezone.now(), person.as_actor()
    for item in decided:
        item.decision, item.decided_by, item.decided_at = decisions[item.pk], person, now
    RecertificationItem.objects.bulk_update(decided, ["decision", "decided_by", "decided_at"])
    _record_answers(decided, actor=actor)
    _end([item for item in decided if item.decision == Decision.REVOKED], at=now, actor=actor)
    _go_on(sheet, at=now)
    publish(TOPIC, f"work.{person.pk}")
    return sheet


def on_sheet_missed(_deadlines: Sequence[Deadline]) -> None:
    """A sheet was not answered in time. A job of its own escalates: it has to lock the sheet first."""
    enqueue(Job.ESCALATE_SHEETS, once=True)


def on_last_missed(_deadlines: Sequence[Deadline]) -> None:
    """The supervising leader did not answer either. A job of its own ends what is left."""
    enqueue(Job.CLOSE_SHEETS, once=True)


def on_sheet_warned(_deadlines: Sequence[Deadline]) -> None:
    """Half of the time is over: those who have not answered are written to."""
    enqueue(Job.REMIND_SHEETS, once=True)


def escalate_sheets() -> int:
    """Put every sheet that was not answered in time to the supervising leader; returns how many."""
    overdue = RecertificationSheet.objects.filter(
        closed_at__isnull=True, escalated_at__isnull=True, deadline__state=Deadline.State.MISSED
    )
    return sum(_escalate(sheet_id) for sheet_id in list(overdue.values_list("pk", flat=True)))


def close_sheets() -> int:
    """End the grants that nobody confirmed on sheets whose last deadline has passed; returns how many sheets."""
    overdue = RecertificationSheet.objects.filter(closed_at__isnull=True, last_deadline__state=Deadline.State.MISSED)
    return sum(_close_unanswered(sheet_id) for sheet_id in list(overdue.values_list("pk", flat=True)))


def half_year(day: date) -> str:
    """The name of a round: 2026-H1, 2026-H2."""
    return f"{day.year}-H{1 if day.month <= 6 else 2}"  # noqa: PLR2004 - half of a year


def _make_sheets(
    recertification: Recertification, channels: Sequence[Channel], *, at: datetime
) -> list[RecertificationSheet]:
    sheets = [
        RecertificationSheet(id=new_id(), recertification=recertification, channel=channel, owner=channel.owner)
        for channel in channels
    ]
    length = working_days(OWNER_DAYS)
    deadlines = start_deadlines(
        [_promise(sheet, SHEET_DEADLINE, length, responsible=sheet.owner, at=at) for sheet in sheets],
        actor=ACCESS,
    )
    for sheet, deadline in zip(sheets, deadlines, strict=True):
        sheet.deadline = deadline
    return RecertificationSheet.objects.bulk_create(sheets)


def _promise(
    sheet: RecertificationSheet, kind: str, length: Mapping[str, Any], *, responsible: Person | None, at: datetime
) -> NewDeadline:
    with in_language_of(responsible):
        title = _("Confirm the grants of %(channel)s") % {"channel": sheet.channel}
    return NewDeadline(
        kind=kind,
        subject=Subject("access.recertificationsheet", str(sheet.pk)),
        title=title,
        started_at=at,
        responsible=responsible,
        url=sheet.get_absolute_url(),
        **length,
    )


def _require_impartial(person: Person, items: Sequence[RecertificationItem]) -> None:
    owned = only_profiting((item.grant.grantee for item in items), on=today())
    if person.pk in owned.values():
        raise Refused(_("Nobody confirms a grant that only they gain by. Leave it open; it goes to somebody else."))


def _record_answers(items: Sequence[RecertificationItem], *, actor: Actor) -> None:
    events = {Decision.CONFIRMED: Event.ITEM_CONFIRMED, Decision.REVOKED: Event.ITEM_REVOKED}
    record_many(
        [NewEntry(events[Decision(item.decision)], actor, item.grant, {"item": str(item.pk)}) for item in items]
    )


def _end(items: Sequence[RecertificationItem], *, at: datetime, actor: Actor) -> None:
    if not items:
        return
    open_grants = [grant for grant in lock_grants([item.grant_id for item in items]) if grant.ended_at is None]
    evidence = {"sheet": str(items[0].sheet_id)}
    end_grants(open_grants, because=Grant.EndedBecause.NOT_NEEDED, at=at, actor=actor, evidence={**evidence})


def _go_on(sheet: RecertificationSheet, *, at: datetime) -> None:
    """Close the sheet when all is answered; escalate it when the owner alone gains by all that is left."""
    left = list(_unanswered(sheet))
    if not left:
        _close(sheet, ended=0, at=at)
        return
    owned = only_profiting((item.grant.grantee for item in left), on=today())
    channel = sheet.channel
    others = channel.deputy_owner_id is not None and channel.deputy_owner_id not in owned.values()
    if (
        sheet.escalated_at is None
        and not others
        and all(owned.get(item.grant.grantee) == channel.owner_id for item in left)
    ):
        _hand_up(sheet, at=at)


def _unanswered(sheet: RecertificationSheet) -> Sequence[RecertificationItem]:
    """Items without an answer whose grant still counts."""
    items = RecertificationItem.objects.filter(sheet=sheet, decision="", grant__ended_at__isnull=True)
    return list(items.select_related("grant__channel"))


@transaction.atomic
def _escalate(sheet_id: UUID) -> bool:
    sheet = _lock_sheet(sheet_id)
    if sheet.closed_at or sheet.escalated_at:
        return False
    now = timezone.now()
    if not _unanswered(sheet):
        _close(sheet, ended=0, at=now)
        return False
    _hand_up(sheet, at=now)
    return True


def _hand_up(sheet: RecertificationSheet, *, at: datetime) -> None:
    leader = supervising_leader_of(sheet.channel.department)
    promise = _promise(sheet, LAST_DEADLINE, working_days(LEADER_DAYS), responsible=leader, at=at)
    [sheet.last_deadline] = start_deadlines([promise], actor=ACCESS)
    sheet.escalated_at, sheet.escalated_to = at, leader
    sheet.save(update_fields=["escalated_at", "escalated_to", "last_deadline"])
    record(Event.SHEET_ESCALATED, actor=ACCESS, subject=sheet, data={"channel": sheet.channel.key})
    publish(TOPIC)


@transaction.atomic
def _close_unanswered(sheet_id: UUID) -> bool:
    sheet = _lock_sheet(sheet_id)
    if sheet.closed_at:
        return False
    now = timezone.now()
    grants = [grant for grant in lock_grants([item.grant_id for item in _unanswered(sheet)]) if grant.ended_at is None]
    because = Grant.EndedBecause.NOT_CONFIRMED
    end_grants(grants, because=because, at=now, actor=ACCESS, evidence={"sheet": str(sheet.pk)})
    _close(sheet, ended=len(grants), at=now)
    return True


def _close(sheet: RecertificationSheet, *, ended: int, at: datetime) -> None:
    sheet.closed_at = at
    sheet.save(update_fields=["closed_at"])
    promises = [one for one in (sheet.deadline_id, sheet.last_deadline_id) if one]
    meet(promises, at=at, reason=str(sheet.recertification), actor=ACCESS)
    record(Event.SHEET_CLOSED, actor=ACCESS, subject=sheet, data={"channel": sheet.channel.key, "ended": ended})
    still_open = RecertificationSheet.objects.filter(recertification=OuterRef("pk"), closed_at__isnull=True)
    closed = Recertification.objects.filter(~Exists(still_open), pk=sheet.recertification_id, closed_at__isnull=True)
    if closed.update(closed_at=at):
        record(Event.RECERTIFICATION_CLOSED, actor=ACCESS, subject=subject_of(sheet.recertification))
    publish(TOPIC)


def _lock_sheet(sheet_id: UUID) -> RecertificationSheet:
    # The round first: two sheets closed at once would both find the other one open.
    Recertification.objects.select_for_update(no_key=True).get(sheets=sheet_id)
    related = ("channel__department", "recertification", "owner")
    found = RecertificationSheet.objects.select_for_update(no_key=True, of=("self",)).select_related(*related)
    return found.get(pk=sheet_id)
