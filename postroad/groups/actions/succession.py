"""Who answers for a channel when its owner leaves or moves: a hand-over with a due date, and what happens past it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from postroad.channels import actions as channels
from postroad.channels.models import Channel, State
from postroad.clock import actions as clock
from postroad.clock.models import Calendar, Deadline
from postroad.groups.actions.comparing import SYSTEM, TOPIC
from postroad.groups.events import Event
from postroad.groups.facts import Facts, read_facts
from postroad.groups.jobs import Job
from postroad.groups.models import Answering, GroupTemplate, HandOver
from postroad.ledger.actions import NewEntry, record, record_many
from postroad.org.models import Person, today
from postroad.platform.actors import Actor, subject_of
from postroad.platform.errors import Conflict, Invalid
from postroad.platform.jobs import enqueue
from postroad.platform.realtime import publish

HAND_OVER = "groups.hand-over"
DUE_AFTER = timedelta(hours=24)  # of working time: three working days
DUE_AFTER_BY_THE_CLOCK = timedelta(days=3)


@transaction.atomic
def look_after_owners(*, person_ids: Collection[UUID] | None = None) -> list[HandOver]:
    """Open a hand-over for every channel in use whose owner has left, or moved since this was last looked at.

    Of all channels, or of those that some people own. Groups of a template in force follow the template instead,
    unless it finds nobody. What is settled otherwise is closed.
    """
    found = Channel.objects.exclude(state__in=[State.APPLIED, State.RETIRED, State.REFUSED])
    if person_ids is not None:
        found = found.filter(owner__in=person_ids)
    found = found.select_related("owner", "deputy_owner", "department").order_by("pk")
    these = list(found.select_for_update(no_key=True, of=("self",)))
    known = {one.channel_id: one for one in Answering.objects.filter(channel__in=[one.pk for one in these])}
    _close_settled()
    waiting = set(HandOver.objects.filter(state=HandOver.State.OPEN).values_list("channel_id", flat=True))
    due = [(one, cause) for one in these if one.pk not in waiting and (cause := _cause(one, known.get(one.pk)))]
    _remember(these, known)
    return _open(due) if due else []


@transaction.atomic
def take_over(*, hand_over: HandOver, successor: Person, person: Person, reason: str = "") -> HandOver:
    """Settle a hand-over: somebody else owns the channel now, or the owner who moved keeps it.

    Raises Conflict once it is settled, Invalid by field for a successor who cannot be.
    """
    hand_over = _locked(hand_over.pk)
    if successor.pk == hand_over.channel.owner_id:
        if hand_over.cause == HandOver.Cause.LEFT:
            raise Invalid({"successor": _("%(name)s does not work here any more.") % {"name": successor.name}})
        return _settle(hand_over, HandOver.State.KEPT, successor=successor, person=person, actor=person.as_actor())
    _pass_on(hand_over, successor, reason or str(HandOver.Cause(hand_over.cause).label), actor=person.as_actor())
    return _settle(hand_over, HandOver.State.HANDED_OVER, successor=successor, person=person, actor=person.as_actor())


def on_hand_over_missed(_deadlines: Sequence[Deadline]) -> None:
    """Nobody took a channel over in time. A job of its own passes it on: it has to lock the channel first."""
    enqueue(Job.END_HAND_OVERS, once=True)


def pass_on_overdue() -> int:
    """Past the due date the proposed person owns the channel; returns how many were passed on."""
    overdue = HandOver.objects.filter(state=HandOver.State.OPEN, deadline__state=Deadline.State.MISSED)
    return sum(_pass_on_overdue(hand_over_id) for hand_over_id in list(overdue.values_list("pk", flat=True)))


@transaction.atomic
def _pass_on_overdue(hand_over_id: UUID) -> bool:
    try:
        hand_over = _locked(hand_over_id)
    except Conflict:
        return False
    successor = hand_over.proposed
    if successor is None or not _works_on(successor):
        successor = _proposal(hand_over.channel, _facts([hand_over.channel]))
    if successor is None:
        return False  # nobody is left in the whole company to answer; the missed promise says so
    if successor.pk != hand_over.channel.owner_id:
        _pass_on(hand_over, successor, _("nobody took the channel over in time"), actor=SYSTEM)
    _settle(hand_over, HandOver.State.PASSED, successor=successor, person=None, actor=SYSTEM)
    return True


# --- opening ------------------------------------------------------------------------------------------------


def _cause(channel: Channel, known: Answering | None) -> HandOver.Cause | None:
    if not _works_on(channel.owner):
        return HandOver.Cause.LEFT
    if known is None or known.owner_id != channel.owner_id or known.department_id == channel.owner.department_id:
        return None
    # Who moves into the channel's own department comes nearer to it.
    return HandOver.Cause.MOVED if channel.owner.department_id != channel.department_id else None


def _works_on(person: Person) -> bool:
    """Whether somebody works here after today."""
    day = today()
    return person.joined_on <= day and (person.left_on is None or person.left_on > day)


def _remember(these: Sequence[Channel], known: dict[UUID, Answering]) -> None:
    """Who owns each channel now, and where they work."""
    rows = [
        Answering(channel=one, owner_id=one.owner_id, department_id=one.owner.department_id)
        for one in these
        if one.pk not in known
        or (known[one.pk].owner_id, known[one.pk].department_id) != (one.owner_id, one.owner.department_id)
    ]
    Answering.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["channel"], update_fields=["owner", "department"]
    )


def _open(due: list[tuple[Channel, HandOver.Cause]]) -> list[HandOver]:
    facts, now = _facts([channel for channel, _cause_of in due]), timezone.now()
    opened = [
        HandOver(
            channel=channel,
            cause=cause,
            previous=channel.owner,
            proposed=_proposal(channel, facts),
            opened_at=now,
        )
        for channel, cause in due
    ]
    HandOver.objects.bulk_create(opened)
    calendar = Calendar.objects.filter(key="company").first()
    version = calendar.current_version() if calendar else None
    deadlines = clock.start_deadlines(
        [
            clock.NewDeadline(
                kind=HAND_OVER,
                subject=subject_of(one),
                title=one.channel.name,
                amount=DUE_AFTER if version else DUE_AFTER_BY_THE_CLOCK,
                started_at=now,
                calendar_version=version,
                responsible=one.proposed,
                url=reverse("groups:hand_over", args=[one.pk]),
            )
            for one in opened
        ],
        actor=SYSTEM,
    )
    for one, deadline in zip(opened, deadlines, strict=True):
        one.deadline = deadline
    HandOver.objects.bulk_update(opened, ["deadline"])
    record_many([NewEntry(Event.HAND_OVER_OPENED, SYSTEM, one.channel, {"cause": str(one.cause)}) for one in opened])
    publish(TOPIC, *{f"work.{one.proposed_id}" for one in opened if one.proposed_id})
    return opened


def _facts(these: Sequence[Channel]) -> Facts:
    people = {one for channel in these for one in (channel.deputy_owner_id, channel.owner_id) if one}
    return read_facts(departments=(), projects=(), people=people)


def _proposal(channel: Channel, facts: Facts) -> Person | None:
    """Who should answer: the deputy, else the department's head, else the leader it reports to, else whoever stands
    above; never the one who goes.
    """
    candidates = (
        channel.deputy_owner_id,
        facts.own_head_of(channel.department_id),
        facts.leader_of(channel.department_id),
        facts.head_of(channel.department_id),
        facts.administration_head,
    )
    fit = (one for one in candidates if one in facts.working and one != channel.owner_id)
    chosen = next(fit, None)
    return Person.objects.get(pk=chosen) if chosen else None


# --- settling -----------------------------------------------------------------------------------------------


def _close_settled() -> None:
    """Hand-overs of channels that found another owner meanwhile, or were retired."""
    open_ones = HandOver.objects.filter(state=HandOver.State.OPEN).select_related("channel__owner")
    settled = open_ones.filter(~Q(channel__owner=F("previous")) | Q(channel__state__in=["retired", "refused"]))
    for one in settled:
        _settle(_locked(one.pk), HandOver.State.HANDED_OVER, successor=one.channel.owner, person=None, actor=SYSTEM)


def _pass_on(hand_over: HandOver, successor: Person, reason: str, *, actor: Actor) -> None:
    channels.hand_over(channel=hand_over.channel, to=successor, reason=reason, actor=actor)
    group = getattr(hand_over.channel, "group", None)
    if group is not None and group.template_id and group.template.state == GroupTemplate.State.IN_FORCE:
        group.delegate = successor
        group.save(update_fields=["delegate"])


def _settle(
    hand_over: HandOver, state: HandOver.State, *, successor: Person, person: Person | None, actor: Actor
) -> HandOver:
    now = timezone.now()
    hand_over.state, hand_over.closed_at = state, now
    hand_over.successor, hand_over.closed_by = successor, person
    hand_over.save(update_fields=["state", "closed_at", "successor", "closed_by"])
    if hand_over.deadline_id:
        clock.meet([hand_over.deadline_id], at=now, reason=str(state.label), actor=actor)
    data: dict[str, Any] = {"how": str(state), "successor": str(successor.pk)}
    record(Event.HAND_OVER_CLOSED, actor=actor, subject=hand_over.channel, data=data)
    Answering.objects.filter(channel=hand_over.channel_id).update(owner=successor, department=successor.department_id)
    publish(TOPIC)
    return hand_over


def _locked(hand_over_id: UUID) -> HandOver:
    # The channel first, as who looks after all owners does: else two could wait for each other.
    Channel.objects.select_for_update(no_key=True, of=("self",)).get(hand_overs=hand_over_id)
    hand_over = (
        HandOver.objects.select_for_update(no_key=True, of=("self",))
        .select_related("channel__owner", "channel__deputy_owner", "channel__department", "proposed")
        .get(pk=hand_over_id)
    )
    if hand_over.state != HandOver.State.OPEN:
        raise Conflict(_("This hand-over is settled already."))
    return hand_over
